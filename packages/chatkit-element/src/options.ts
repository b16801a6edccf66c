// What the page asks for: which of it is honoured, and which server it names.

import type { ChatKitOptions, CustomApiConfig } from "@openai/chatkit";

import { SidekitChatError } from "./errors.ts";

/** Throws `api_hosted` or `api_missing` when the options name no server that this element can talk to. */
export function selfHostedApi(options: ChatKitOptions): CustomApiConfig {
  const { api } = options;
  if (api !== undefined && "url" in api && api.url !== "") return api;
  throw new SidekitChatError(api !== undefined && "getClientSecret" in api ? "api_hosted" : "api_missing");
}

/** Names of options that ask for something this element does not do yet. */
export function unsupportedOptions(options: ChatKitOptions): string[] {
  const { theme } = options;
  const asked: Record<string, boolean> = {
    "theme.typography.fontSources":
      typeof theme === "object" && (theme.typography?.fontSources ?? []).length > 0,
  };
  return Object.keys(asked).filter((name) => asked[name]);
}
