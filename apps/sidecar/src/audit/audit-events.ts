// Which observations belong in the audit trail, and what of each is kept: who did what to whose session or key.

import type { AuditAction } from "@sidekit/chat-session/contract";

import type { Observation } from "../log.ts";
import type { Pseudonyms } from "../pseudonyms.ts";
import type { RequestFacts } from "../request-facts.ts";

/** One line of the trail. No secret, and no name of a person: users and tenants by pseudonym (N6). */
export interface AuditEvent {
  readonly action: AuditAction;
  readonly requestId: string | null;
  /** How whoever did it had proven who they are. */
  readonly credential: string | null;
  readonly tenant: string | null;
  readonly user: string | null;
  /** The service that acted in the user's place. */
  readonly service: string | null;
  readonly sessionId: string | null;
  readonly profile: string | null;
  readonly reason: string | null;
  readonly keyId: string | null;
  /** Of a key. */
  readonly fingerprint: string | null;
}

type Details = Partial<Omit<AuditEvent, "action" | "requestId">>;

/** Null for what is no event of the trail. `facts`: of the request that is being served, if one is. */
export function auditEventOf(
  observation: Observation,
  facts: RequestFacts | undefined,
  pseudonyms: Pseudonyms,
): AuditEvent | null {
  const details = detailsOf(observation, pseudonyms);
  if (details === null) return null;
  return {
    requestId: facts?.requestId ?? null,
    credential: facts?.actor?.credential ?? null,
    tenant: facts?.actor?.tenant ?? null,
    user: facts?.actor?.user ?? null,
    service: null,
    sessionId: null,
    profile: null,
    reason: null,
    keyId: null,
    fingerprint: null,
    ...details,
  };
}

function detailsOf(
  it: Observation,
  pseudonyms: Pseudonyms,
): (Details & { readonly action: AuditAction }) | null {
  switch (it.event) {
    case "session.created":
      return { action: it.event, sessionId: it.sessionId, profile: it.profile, credential: it.credential };
    case "session.refused":
      return { action: it.event, profile: it.profile, reason: it.code };
    case "session.refreshed":
      return { action: it.event, sessionId: it.sessionId, reason: it.replaces };
    case "session.revoked":
      return { action: it.event, sessionId: it.sessionId, reason: it.reason };
    case "session.integrity":
      return { action: it.event, sessionId: it.sessionId };
    case "auth.refused":
      return { action: it.event, reason: it.reason, credential: "session" };
    case "issuer.refused":
      return { action: it.event, reason: it.reason, credential: it.credential };
    case "issuer.impersonated":
      return {
        action: it.event,
        service: it.service,
        tenant: pseudonyms.tenant(it.tenant),
        user: pseudonyms.user(it.tenant, it.user),
        credential: "service",
      };
    case "key.loaded":
    case "key.rotated":
    case "key.retired":
    case "key.removed":
    case "key.revoked":
      return { action: it.event, keyId: it.keyId, fingerprint: it.fingerprint };
    case "key.rejected":
      return { action: it.event, keyId: it.keyId, fingerprint: it.fingerprint, reason: it.code };
    case "upstream.auth":
      return { action: it.event, fingerprint: it.fingerprint, reason: String(it.status) };
    case "service_keys.loaded":
      return { action: it.event, reason: it.ids.join(" ") };
    case "service_keys.rejected":
      return { action: it.event, reason: it.reason };
    default:
      return null;
  }
}
