// The responders of this application: one file each in `responders/`, found at the start.

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import type { Responder } from "@sidekit/chatkit";
import type { OpenAiResponsesOptions } from "@sidekit/chatkit/responders/openai-responses";

import { StartError } from "./start-error.ts";

/** Where they are. Fixed: nothing that is configured is ever imported (S171). */
const respondersDir = join(import.meta.dirname, "../responders");
/** A test, a hidden file or anything with another ending is none. */
const responderFile = /^([a-z][a-z0-9-]{0,62})\.ts$/;

/** What a responder may need of this process. */
export interface ResponderParts {
  /** The upstream key, checked. Ask for it whenever it is sent, and keep it nowhere. */
  readonly apiKey: OpenAiResponsesOptions["apiKey"];
  /** The upstream, such as `https://api.openai.com/v1`. */
  readonly baseURL: string;
  /** Over a keep-alive pool, and never to a place that a redirect names. */
  readonly fetch: typeof fetch;
  /** Takes what a responder reports for the log; what it reports has to be safe to log. */
  readonly observe: NonNullable<OpenAiResponsesOptions["observe"]>;
}

/** What a file exports: `responder`, or `createResponder` if it needs something of the process. */
export interface ResponderModule {
  readonly responder?: Responder;
  readonly createResponder?: (parts: ResponderParts) => Responder;
}

/** The names that a profile can give, in alphabetical order. None without the folder. */
export function findResponders(dir = respondersDir): string[] {
  if (!existsSync(dir)) return [];
  return readdirSync(dir, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .flatMap(({ name }) => responderFile.exec(name)?.[1] ?? [])
    .toSorted();
}

/** Throws StartError for a file that exports no responder; what a file throws itself is thrown on. */
export async function loadResponders(
  names: readonly string[],
  parts: ResponderParts,
  dir = respondersDir,
): Promise<Record<string, Responder>> {
  const loaded: Record<string, Responder> = {};
  for (const name of names) {
    const module: ResponderModule = await import(pathToFileURL(join(dir, `${name}.ts`)).href);
    const responder =
      typeof module.createResponder === "function" ? module.createResponder(parts) : module.responder;
    if (typeof responder?.respond !== "function") {
      throw new StartError(
        `responders/${name}.ts exports no responder. It has to export "responder", or "createResponder" that makes one.`,
      );
    }
    loaded[name] = responder;
  }
  return loaded;
}
