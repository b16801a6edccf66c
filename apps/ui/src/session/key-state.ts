// The words for how an API key is doing.

import type { ApiKeyStatus } from "@sidekit/chat-session/contract";

export const keyStateText: Record<ApiKeyStatus["state"], string> = {
  missing: "none set",
  malformed: "malformed",
  unchecked: "not checked yet",
  valid: "valid",
  invalid: "refused",
  "lacks-permission": "lacks permission",
  "no-quota": "no quota",
  unreachable: "provider unreachable",
};

export function hasProblem(key: ApiKeyStatus): boolean {
  return key.problem !== null || key.alert !== null;
}

/** The key to speak of first: one with a problem, if there is one. */
export function foremostKey(keys: readonly ApiKeyStatus[]): ApiKeyStatus | null {
  return keys.find(hasProblem) ?? keys[0] ?? null;
}
