// What is asked of the keychain's own process, and what it answers.

import { z } from "zod";

import type { SecretsErrorCode } from "../errors.ts";

const name = z.string().min(1).max(128);

export const keychainRequest = z.discriminatedUnion("operation", [
  z.strictObject({ operation: z.literal("read"), service: name, account: name }),
  z.strictObject({
    operation: z.literal("write"),
    service: name,
    account: name,
    value: z.string().min(1).max(4096),
  }),
]);

const failures = [
  "keychain_not_installed",
  "keychain_unavailable",
  "keychain_locked",
  "keychain_denied",
  "keychain_ambiguous",
  "keychain_failed",
] as const satisfies readonly SecretsErrorCode[];

export const keychainReply = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("value"), value: z.string().max(4096) }),
  z.strictObject({ kind: z.literal("none") }),
  z.strictObject({ kind: z.literal("written") }),
  z.strictObject({ kind: z.literal("failed"), code: z.enum(failures) }),
]);

export type KeychainRequest = z.infer<typeof keychainRequest>;
export type KeychainReply = z.infer<typeof keychainReply>;
