// Access tokens of a product's own identity provider: checked against its published keys, which are kept and renewed.

import { isOwnerName, type Caller, type IssuerAuthority, type ObserveSession } from "@sidekit/chat-session";
import {
  createRemoteJWKSet,
  customFetch,
  decodeProtectedHeader,
  errors,
  jwtVerify,
  type JWTPayload,
} from "jose";
import { z } from "zod";

import type { JwtSetting } from "./settings-issuers.ts";

/** Public keys alone: with a shared secret everybody who checks tokens could make them (S35). */
const algorithms = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
];
/** A token says what it is, or nothing; an ID token of some providers says JWT too, which is what `aud` is for. */
const types = new Set(["", "jwt", "at+jwt", "application/at+jwt"]);
const maxTokenChars = 8192;
const clockLeewaySeconds = 30;
const fetchDeadlineMs = 2000;
const maxKeysBytes = 262_144;
/** Whoever invents key ids makes us ask no more often than this. */
const askAgainMs = 30_000;
const askAgainAfterFailureMs = 5000;
/** Keys are renewed after this, beside the work; and used for so long while nobody gives us newer ones. */
const renewAfterMs = 600_000;
const keptMs = 3_600_000;
/** Each key is looked at when a token names it. */
const keySet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).max(256) });
/** Where no claim names a tenant. */
const onlyTenant = "default";

/** Whether this bearer has the form of one: three parts in base64url. */
export function looksLikeJwt(bearer: string): boolean {
  return /^[\w-]{2,}\.[\w-]{2,}\.[\w-]{2,}$/.test(bearer);
}

export type JwtCheck = (token: string) => Promise<IssuerAuthority>;

export interface JwtCheckOptions extends JwtSetting {
  readonly fetch: typeof fetch;
  readonly observe: ObserveSession;
}

/**
 * Who a token speaks for. Never rejects, and ends within about 2 s. A token that is no good is no authority (E5); while the
 * keys cannot be had at all it cannot be told (E15). Keys that were had once go on for an hour.
 */
export function createJwtCheck(options: JwtCheckOptions): JwtCheck {
  const { issuer, audience, tenantClaim, observe } = options;
  let fetchedAtMs = -Infinity;
  let failedAtMs = -Infinity;
  const keys = createRemoteJWKSet(new URL(options.jwksUrl), {
    timeoutDuration: fetchDeadlineMs,
    cooldownDuration: askAgainMs,
    cacheMaxAge: keptMs,
    async [customFetch](url, { headers, signal }) {
      if (performance.now() - failedAtMs < askAgainAfterFailureMs)
        throw new Error("The keys could not be had just now.");
      try {
        const response = await options.fetch(url, { headers, signal, redirect: "error" });
        const body = await readBounded(response);
        if (response.status !== 200) throw new Error("The keys were refused.");
        const published = keySet.parse(JSON.parse(body));
        fetchedAtMs = performance.now();
        return Response.json(published);
      } catch (error) {
        // What is no set of keys counts as none: or else each token would make us ask again.
        failedAtMs = performance.now();
        throw error;
      }
    },
  });

  return async (token) => {
    if (token.length > maxTokenChars) return refuse("malformed");
    if (keys.jwks() !== undefined && !keys.reloading && isDue())
      keys.reload().catch(() => unverifiable("keys_not_renewed"));
    const type = typeOf(token);
    if (type === null) return refuse("malformed");
    if (!types.has(type)) return refuse("claims");
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer,
        audience,
        algorithms,
        clockTolerance: clockLeewaySeconds,
        requiredClaims: ["exp", "sub"],
      });
      const caller = callerOf(payload, tenantClaim);
      return caller === null ? refuse("claims") : { kind: "caller", caller };
    } catch (error) {
      return refusalOf(error);
    }
  };

  /** Whether the keys are old, and asking for newer ones has not failed just now. */
  function isDue(): boolean {
    const nowMs = performance.now();
    return nowMs - fetchedAtMs > renewAfterMs && nowMs - failedAtMs >= askAgainAfterFailureMs;
  }

  function refusalOf(error: unknown): IssuerAuthority {
    if (error instanceof errors.JWTExpired) return refuse("expired");
    if (error instanceof errors.JWTClaimValidationFailed) return refuse("claims");
    if (error instanceof errors.JWSSignatureVerificationFailed) return refuse("signature");
    if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys)
      return refuse("signature");
    if (error instanceof errors.JOSEAlgNotAllowed || error instanceof errors.JOSENotSupported)
      return refuse("algorithm");
    if (error instanceof errors.JWSInvalid || error instanceof errors.JWTInvalid) return refuse("malformed");
    // Whatever else it is, it says nothing of the token: a provider that takes no connection is a TypeError (S48).
    return unverifiable("keys_not_available");
  }

  function refuse(reason: "malformed" | "expired" | "claims" | "signature" | "algorithm"): IssuerAuthority {
    observe({ event: "issuer.refused", credential: "jwt", reason });
    return { kind: "none" };
  }

  function unverifiable(reason: string): IssuerAuthority {
    observe({ event: "issuer.unverifiable", credential: "jwt", reason });
    return { kind: "unverifiable" };
  }
}

/** Null when a claim that has to be there is not, or cannot be a name. Tokens make users, never operators. */
function callerOf(payload: JWTPayload, tenantClaim: string | null): Caller | null {
  const { sub, exp } = payload;
  const tenant = tenantClaim === null ? onlyTenant : payload[tenantClaim];
  if (!isOwnerName(sub) || !isOwnerName(tenant) || exp === undefined) return null;
  return { tenant, user: sub, credential: "jwt", sessions: true, operator: false, validUntilMs: exp * 1000 };
}

/** What the header says that the token is, in small letters; empty when it says nothing, null when it is no header. */
function typeOf(token: string): string | null {
  try {
    const { typ = "" } = decodeProtectedHeader(token);
    return typeof typ === "string" ? typ.toLowerCase() : null;
  } catch {
    return null;
  }
}

async function readBounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > maxKeysBytes) throw new Error("The keys are too large.");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
