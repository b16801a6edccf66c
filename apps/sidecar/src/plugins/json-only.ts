// Bodies are JSON, decided before a byte of them is read (S24), and bounded before they are parsed (L5, L7).

import { findToken } from "@sidekit/chat-session";
import type { FastifyInstance, FastifyRequest } from "fastify";
import fastifyPlugin from "fastify-plugin";
import { z } from "zod";

import { EdgeError } from "../errors.ts";
import { findJsonProblem, jsonLimits, type JsonProblem } from "../json-bounds.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Bodies of this route may be a dictation, which is longer than others. */
    dictation?: boolean;
    /** This route reads its bodies itself, whatever their type is. */
    anyBody?: boolean;
  }
}

const jsonType = /^application\/json(; ?charset=utf-8)?$/i;
/** L5, for everything but a dictation. */
const plainBodyBytes = 1_048_576;
const dictationBody = z.looseObject({
  type: z.literal("input.transcribe"),
  params: z.looseObject({ audio_base64: z.string().min(jsonLimits.stringLength) }),
});
const utf8 = new TextDecoder("utf-8", { fatal: true });

/** What is wrong in itself, and not merely too much. */
const neverValid: ReadonlySet<JsonProblem> = new Set(["prototype_key", "duplicate_key", "number", "text"]);

export interface JsonOnlyOptions {
  /** Counts a body that is larger than others before time is spent on it. Throws when there were too many. */
  readonly admitLargeBody: (request: FastifyRequest) => Promise<void>;
  /** Told of a credential that stands in a body, which is refused for it (S50). */
  readonly leaked: (token: string) => Promise<void>;
}

export const jsonOnly = fastifyPlugin(
  async (app: FastifyInstance, { admitLargeBody, leaked }: JsonOnlyOptions) => {
    app.addHook("onRequest", async (request) => {
      if (request.routeOptions.config.anyBody === true) return;
      const {
        "content-type": type,
        "content-length": length,
        "transfer-encoding": encoding,
      } = request.headers;
      const hasBody = encoding !== undefined || (length !== undefined && length !== "0");
      if (request.method === "POST" || hasBody) {
        if (type === undefined || !jsonType.test(type)) throw new EdgeError("unsupported_media_type");
      }
    });

    app.removeAllContentTypeParsers();
    app.addContentTypeParser(
      "application/json",
      { parseAs: "buffer" },
      async (request: FastifyRequest, body: Buffer) => {
        // Clients that name the type on every request send no body with some.
        if (body.length === 0 && request.method === "DELETE") return undefined;
        if (body.length > plainBodyBytes) await admitLargeBody(request);
        const text = decodeUtf8(body);
        const token = findToken(text);
        if (token !== null) {
          await leaked(token);
          throw new EdgeError("credential_in_body");
        }
        return request.routeOptions.config.dictation
          ? parseWithDictation(text, body.length)
          : parseBoundedJson(text);
      },
    );
  },
  { name: "json-only", dependencies: ["host-and-origin"] },
);

/** Throws EdgeError when a bound is broken. */
export function assertBoundedJson(text: string): void {
  const problem = findJsonProblem(text);
  if (problem === null) return;
  throw new EdgeError(neverValid.has(problem) ? "invalid_request" : "json_too_complex");
}

function parseBoundedJson(text: string): unknown {
  assertBoundedJson(text);
  return parseJson(text);
}

/** A recording is one long string in a body of its own kind; every other body keeps the usual bounds. */
function parseWithDictation(text: string, bytes: number): unknown {
  if (bytes <= plainBodyBytes && findJsonProblem(text) !== "string") return parseBoundedJson(text);
  const refused = bytes > plainBodyBytes ? "payload_too_large" : "json_too_complex";
  if (findJsonProblem(text, { longString: true }) !== null) throw new EdgeError(refused);
  const body = dictationBody.safeParse(parseJson(text));
  if (!body.success) throw new EdgeError(refused);
  return body.data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new EdgeError("invalid_json");
  }
}

/** Throws EdgeError when the bytes are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new EdgeError("invalid_json");
  }
}
