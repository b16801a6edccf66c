// What the page asks for: what of it can be used, what is wrong with it, and which server it names.

import type { ChatKitOptions, CustomApiConfig } from "@openai/chatkit";

import { SidekitChatError } from "./errors.ts";
import type { OptionProblem } from "./option-readers.ts";
import { readOptionTable } from "./option-table.ts";

/** The given object where nothing is wrong with it, else a copy without what is. */
export function readOptions(given: ChatKitOptions): {
  readonly options: ChatKitOptions;
  readonly problems: readonly OptionProblem[];
} {
  const problems: OptionProblem[] = [];
  const read = readOptionTable(given, "", (problem) => problems.push(problem));
  return { options: isRead(read) ? read : noOptions, problems };
}

/** A page that names no server gets a sentence in its place. */
const noOptions: ChatKitOptions = { api: { url: "", domainKey: "" } };

/** The table is held to the type member by member; a missing `api` has its own error. */
function isRead(read: unknown): read is ChatKitOptions {
  return read !== undefined;
}

/** Throws `api_hosted` or `api_missing` when the options name no server that this element can talk to. */
export function selfHostedApi(options: ChatKitOptions): CustomApiConfig {
  const { api } = options;
  if (api !== undefined && "url" in api && api.url !== "") return api;
  throw new SidekitChatError(api !== undefined && "getClientSecret" in api ? "api_hosted" : "api_missing");
}
