// Who asks for sessions, by the form of the credential: each form has one check, and no other is tried.

import { createHmac, timingSafeEqual } from "node:crypto";

import type { AuthenticateIssuer, Caller, ObserveSession } from "@sidekit/chat-session";

/** What a request brings to a procedure. */
export interface IssuerEvidence {
  readonly bearer: string;
}

export interface IssuerCredentialsOptions {
  readonly launchToken: string;
  /** Only its digests are kept and compared; never shown to anybody. */
  readonly key: Uint8Array;
  readonly observe: ObserveSession;
}

const launchCaller: Caller = {
  tenant: "local",
  user: "local",
  credential: "launch",
  sessions: true,
  operator: true,
};

export function createIssuerCredentials(
  options: IssuerCredentialsOptions,
): AuthenticateIssuer<IssuerEvidence> {
  const { key, observe } = options;
  const launchDigest = digest(key, options.launchToken);

  return async ({ bearer }) => {
    if (timingSafeEqual(digest(key, bearer), launchDigest)) return { kind: "caller", caller: launchCaller };
    observe({ event: "issuer.refused", credential: "unknown", reason: "unknown" });
    return { kind: "none" };
  };
}

/** Equal lengths, whatever is presented, for the constant-time comparison (S45). */
function digest(key: Uint8Array, token: string): Buffer {
  return createHmac("sha256", key).update(token).digest();
}
