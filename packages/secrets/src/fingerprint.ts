import { hash } from "node:crypto";

import type { Secret } from "./secret.ts";

const digits = 12;

/** Names a key in logs and on screens: the first 12 hex digits of its SHA-256 (S146). */
export function fingerprint(secret: Secret): string {
  return hash("sha256", secret.reveal(), "hex").slice(0, digits);
}
