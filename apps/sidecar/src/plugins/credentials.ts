// Who may enter a route. Every route names the one credential that opens it; a route that names none does not start
// (S27, S35, S46).

import {
  ChatSessionError,
  parseBearer,
  type AuthenticatedSession,
  type AuthenticateIssuer,
  type AuthenticateSession,
  type IssuerAuthority,
} from "@sidekit/chat-session";
import type { FastifyInstance, FastifyRequest } from "fastify";
import fastifyPlugin from "fastify-plugin";

import { EdgeError } from "../errors.ts";
import type { CallerLimits } from "../caller-limits.ts";
import type { IssuerEvidence } from "../issuer-credentials.ts";
import type { OpenStreams } from "../open-streams.ts";
import type { Pseudonyms } from "../pseudonyms.ts";
import type { Actor } from "../request-facts.ts";

/**
 * `procedure`: each procedure of the router decides for itself. `session-or-seal`: a request without a bearer is for the
 * route to let in, by the seal in its address.
 */
export type RouteCredential = "none" | "session" | "session-or-seal" | "procedure";

declare module "fastify" {
  interface FastifyContextConfig {
    credential?: RouteCredential;
  }
  interface FastifyRequest {
    /** The session whose client secret opened this route; null on other routes. */
    session: AuthenticatedSession | null;
    /** From before the session was looked at: when that was, and how many had been cancelled by then. */
    sessionLook: { readonly atMs: number; readonly cuts: number } | null;
  }
}

export interface CredentialsOptions {
  readonly authenticateSession: AuthenticateSession;
  /** A session whose secret was put into an address is no longer safe (S50). */
  readonly revokeLeaked: (token: string) => Promise<void>;
  readonly openStreams: Pick<OpenStreams, "cuts">;
  readonly pseudonyms: Pseudonyms;
  readonly callerLimits: CallerLimits;
}

const storeDeadlineMs = 5000;
const tokenInTarget = /ck(?:ss|bs|sv|st)_[0-9A-Za-z]{49}/;
/** Of somebody else's making: nothing of it is known but that its first two parts are objects. */
const jwtInTarget = /eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{16,}/;
const credentialParameter = /[?&](?:access_token|token|client_secret|api_key|authorization|launch)=/i;

export const credentials = fastifyPlugin(
  async (app: FastifyInstance, options: CredentialsOptions) => {
    app.decorateRequest("session", null);
    app.decorateRequest("sessionLook", null);
    app.addHook("onRoute", (route) => {
      if (route.config?.credential === undefined && route.method !== "OPTIONS") {
        throw new Error(`Route ${route.url} names no credential.`);
      }
    });
    app.addHook("onRequest", async (request) => {
      await refuseCredentialInTarget(request, options);
      const { credential } = request.routeOptions.config;
      const mayHaveSeal = credential === "session-or-seal" && request.headers.authorization === undefined;
      if (mayHaveSeal || (credential !== "session" && credential !== "session-or-seal")) return;
      request.sessionLook = { atMs: performance.now(), cuts: options.openStreams.cuts };
      options.callerLimits.assertMayTry(request.ip);
      request.session = await sessionByBearer(request, options.authenticateSession).catch(
        (failure: unknown) => {
          countFailure(request, failure, options.callerLimits);
          throw failure;
        },
      );
      noteActor(request, options.pseudonyms, { ...request.session.owner, credential: "session" });
    });
  },
  { name: "credentials", dependencies: ["host-and-origin"] },
);

/** The session whose client secret the request carries. Throws EdgeError or ChatSessionError. */
export async function sessionByBearer(
  request: FastifyRequest,
  authenticateSession: AuthenticateSession,
): Promise<AuthenticatedSession> {
  const bearer = parseBearer(request.headers.authorization);
  if (bearer === null) throw new EdgeError("unauthenticated");
  return authenticateSession(bearer, request.headers.origin ?? null, AbortSignal.timeout(storeDeadlineMs));
}

/** Says in the log that a credential was accepted, and by which name its holder goes there (S164). */
export function noteActor(
  request: FastifyRequest,
  pseudonyms: Pseudonyms,
  { tenant, user, credential }: Actor,
): void {
  request.facts.actor = {
    tenant: pseudonyms.tenant(tenant),
    user: pseudonyms.user(tenant, user),
    credential,
  };
  request.log.info({ credential, sessionId: request.session?.id }, "auth.ok");
}

/** Who calls a procedure. Throws EdgeError `rate_limited` for an address that has failed too often. */
export async function issuerAuthority(
  request: FastifyRequest,
  authenticateIssuer: AuthenticateIssuer<IssuerEvidence>,
  callerLimits: CallerLimits,
  signal: AbortSignal,
): Promise<IssuerAuthority> {
  const bearer = parseBearer(request.headers.authorization);
  if (bearer === null) return { kind: "none" };
  // Whether it is a live secret makes no difference: its kind opens the chat, and nothing here.
  if (bearer.startsWith("ckss_")) return { kind: "wrong-credential" };
  const { origin, "x-sidekit-user": actsFor, "sec-fetch-site": fetchSite } = request.headers;
  callerLimits.assertMayTry(request.ip);
  const authority = await authenticateIssuer(
    {
      bearer,
      // Sent twice it is no name.
      actsFor: actsFor === undefined ? null : typeof actsFor === "string" ? actsFor : "",
      fromPage: origin !== undefined || fetchSite !== undefined,
    },
    signal,
  );
  if (authority.kind === "none") callerLimits.failed(request.ip);
  return authority;
}

/** A store that cannot answer says nothing about the credential (S48). */
function countFailure(request: FastifyRequest, failure: unknown, callerLimits: CallerLimits): void {
  if (failure instanceof ChatSessionError && failure.code === "unauthenticated")
    callerLimits.failed(request.ip);
}

async function refuseCredentialInTarget(request: FastifyRequest, options: CredentialsOptions): Promise<void> {
  const target = request.raw.url ?? "";
  const token = tokenInTarget.exec(target)?.[0];
  if (token !== undefined) await options.revokeLeaked(token);
  if (token !== undefined || jwtInTarget.test(target) || credentialParameter.test(target))
    throw new EdgeError("credential_in_url");
}
