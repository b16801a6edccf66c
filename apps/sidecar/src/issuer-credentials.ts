// Who asks for sessions, by the form of the credential: each form has one check, and no other is tried.

import { createHmac, timingSafeEqual } from "node:crypto";

import {
  isOwnerName,
  parseToken,
  type AuthenticateIssuer,
  type Caller,
  type IssuerAuthority,
  type IssuerCredentialKind,
  type ObserveSession,
} from "@sidekit/chat-session";

import { looksLikeJwt, type JwtCheck } from "./jwt-credentials.ts";
import type { ServiceKeys } from "./service-keys.ts";

/** What a request brings to a procedure. */
export interface IssuerEvidence {
  readonly bearer: string;
  /** Whom the request asks to be: the `x-sidekit-user` field. Only services may (S28, S29). */
  readonly actsFor: string | null;
  /** Whether a page has sent it. */
  readonly fromPage: boolean;
}

export interface IssuerCredentialsOptions {
  readonly launchToken: string;
  /** Null: access tokens are not taken. */
  readonly checkJwt: JwtCheck | null;
  /** Null: service keys are not taken. */
  readonly serviceKeys: Pick<ServiceKeys, "find"> | null;
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
  const { key, checkJwt, serviceKeys, observe } = options;
  const launchDigest = digest(key, options.launchToken);

  return async (evidence) => {
    const { bearer, actsFor } = evidence;
    if (bearer.startsWith("cksv_") && serviceKeys !== null) return serviceAuthority(evidence);
    if (actsFor !== null) return refuse("unknown", "no_right", "wrong-credential");
    if (checkJwt !== null && looksLikeJwt(bearer)) return checkJwt(bearer);
    if (timingSafeEqual(digest(key, bearer), launchDigest)) return { kind: "caller", caller: launchCaller };
    return refuse("unknown", "unknown", "none");
  };

  function serviceAuthority({ bearer, actsFor, fromPage }: IssuerEvidence): IssuerAuthority {
    const found = parseToken(bearer, "cksv_") === null ? null : (serviceKeys?.find(bearer) ?? null);
    if (found === null) return refuse("service", "unknown", "none");
    const { id, tenant, rights } = found;
    // A page that has one shows it to everybody who opens the page.
    if (fromPage) return refuse("service", "no_right", "wrong-credential");
    if (actsFor !== null && !(rights.includes("impersonate") && isOwnerName(actsFor)))
      return refuse("service", "no_right", "wrong-credential");
    if (actsFor !== null) observe({ event: "issuer.impersonated", service: id, tenant, user: actsFor });
    return {
      kind: "caller",
      caller: {
        tenant,
        user: actsFor ?? `service:${id}`,
        credential: "service",
        sessions: rights.includes("sessions"),
        operator: rights.includes("operator"),
        service: id,
      },
    };
  }

  function refuse(
    credential: IssuerCredentialKind,
    reason: "unknown" | "no_right",
    kind: "none" | "wrong-credential",
  ): IssuerAuthority {
    observe({ event: "issuer.refused", credential, reason });
    return { kind };
  }
}

/** Equal lengths, whatever is presented, for the constant-time comparison (S45). */
function digest(key: Uint8Array, token: string): Buffer {
  return createHmac("sha256", key).update(token).digest();
}
