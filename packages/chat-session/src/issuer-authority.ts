// What the credential of a request proves, and how an application's own check of it is held to its word (S27).

import { z } from "zod";

import { orAborted } from "./abortable.ts";
import type { ObserveSession } from "./observe.ts";
import type { Caller } from "./ports.ts";

const hookDeadlineMs = 2000;

/** What the credential of a request proves. */
export type IssuerAuthority =
  | { readonly kind: "caller"; readonly caller: Caller }
  /** A credential of another kind, which is good elsewhere, or one that does not reach so far: E6 (S35). */
  | { readonly kind: "wrong-credential" }
  /** Nobody can tell at the moment whether the credential is good: E15, never E5 (S27, S48). */
  | { readonly kind: "unverifiable" }
  | { readonly kind: "none" };

/**
 * Finds out who asks. `Evidence` is whatever the application proves it by: the text of a credential, or its
 * framework's request. Never rejects; ends soon after the signal aborts.
 */
export type AuthenticateIssuer<Evidence = string> = (
  evidence: Evidence,
  signal: AbortSignal,
) => Promise<IssuerAuthority>;

/** Members of these become the owner of every session and thread: printable, and short enough to be kept. */
const ownerName = z
  .string()
  .min(1)
  .max(256)
  .regex(/^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+$/u);

/**
 * Who an application says is asking. Scope `sessions` allows sessions, `operator` to see and check API keys; scopes
 * that mean nothing here are ignored.
 */
export const issuerIdentity = z.strictObject({
  tenantId: ownerName,
  userId: ownerName,
  scopes: z.array(z.string().max(256)).max(256),
});
export type IssuerIdentity = z.infer<typeof issuerIdentity>;

export interface IssuerAuthenticatorOptions<Evidence> {
  /** The application's own: who asks, or `denied`. A rejection means that it cannot tell at the moment. */
  readonly authenticateIssuer: (
    evidence: Evidence,
    signal: AbortSignal,
  ) => Promise<IssuerIdentity | "denied"> | IssuerIdentity | "denied";
  readonly observe: ObserveSession;
  /** For tests; 2 s otherwise. */
  readonly deadlineMs?: number;
}

/**
 * Runs an application's own check. A denial is no authority (E5); a check that throws, takes more than 2 s or answers
 * with anything but an identity or a denial leaves the request unverifiable (E15).
 */
export function createIssuerAuthenticator<Evidence>(
  options: IssuerAuthenticatorOptions<Evidence>,
): AuthenticateIssuer<Evidence> {
  const { authenticateIssuer, observe, deadlineMs = hookDeadlineMs } = options;
  return async (evidence, signal) => {
    const deadline = AbortSignal.timeout(deadlineMs);
    const either = AbortSignal.any([signal, deadline]);
    let answer: unknown;
    try {
      // Called in a promise, so that one who throws at once has rejected.
      const asked = (async () => authenticateIssuer(evidence, either))();
      answer = await orAborted(asked, either);
    } catch {
      if (!signal.aborted) report(deadline.aborted ? "slow" : "failed");
      return { kind: "unverifiable" };
    }
    if (answer === "denied") {
      observe({ event: "issuer.refused", credential: "host", reason: "denied" });
      return { kind: "none" };
    }
    const identity = issuerIdentity.safeParse(answer);
    if (identity.success) return { kind: "caller", caller: callerOf(identity.data) };
    report("malformed");
    return { kind: "unverifiable" };
  };

  function report(reason: "slow" | "failed" | "malformed"): void {
    observe({ event: "issuer.unverifiable", credential: "host", reason });
  }
}

/** Whether this may be the name of a tenant or a user. */
export function isOwnerName(text: unknown): text is string {
  return ownerName.safeParse(text).success;
}

function callerOf({ tenantId, userId, scopes }: IssuerIdentity): Caller {
  return {
    tenant: tenantId,
    user: userId,
    credential: "host",
    sessions: scopes.includes("sessions"),
    operator: scopes.includes("operator"),
  };
}
