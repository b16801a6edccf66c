// Mints client secrets through the vendor's ChatKit sessions API.

import { createHmac, type KeyObject } from "node:crypto";

import type OpenAI from "openai";
import { z } from "zod";

import { sessionTtlSeconds } from "../contract.ts";
import { ChatSessionError } from "../errors.ts";
import type { ObserveSession } from "../observe.ts";
import type { Issuer, IssueOrder, SessionOwner, SessionProfile } from "../ports.ts";
import { createUpstreamCalls, defaultTiming, type UpstreamTiming } from "./upstream-calls.ts";
import { UpstreamFailure, type AskKey } from "./upstream-fetch.ts";

/** S129: how far the upstream's clock may be ahead of ours. */
const maxSkewMs = 60_000;
const straySessionDeadlineMs = 3000;
const maxUploadMb = 512;
const base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

export interface HostedIssuerOptions {
  /**
   * Asked at each attempt, so that a rotated key is used at once; the same object for as long as the key is the same.
   * Asked once more with the key that the upstream has just refused, and if it then gives another one, that is tried
   * (S142). What it throws means that there is no usable key.
   */
  readonly apiKey: AskKey;
  /** With the version path: `https://api.openai.com/v1`. */
  readonly baseUrl: string;
  /** Its connections should give up connecting after 3 s (L27). */
  readonly fetch: typeof fetch;
  /** At least 32 secret bytes that never change: a new key orphans every hosted thread (S30). */
  readonly pseudonymKey: Uint8Array | KeyObject;
  readonly observe: ObserveSession;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  readonly timing?: Partial<UpstreamTiming>;
}

const sessionReply = z.object({
  id: z.string().regex(/^[A-Za-z0-9_-]{1,128}$/),
  object: z.literal("chatkit.session"),
  client_secret: z.string().min(1).max(4096),
  expires_at: z.int().positive(),
  status: z.literal("active"),
  user: z.string(),
  workflow: z.object({ id: z.string(), version: z.string().nullable() }),
  rate_limits: z.object({ max_requests_per_1_minute: z.int().positive() }),
});
const namedReply = sessionReply.pick({ id: true });

type SessionReply = z.infer<typeof sessionReply>;
type SessionBody = Parameters<OpenAI["beta"]["chatkit"]["sessions"]["create"]>[0];

/**
 * The upstream's `user` is a keyed pseudonym of the caller, the workflow is the profile's. What the upstream answers is
 * checked and rebuilt (S129); its failures become E17–E23 within 10 s, and its words go nowhere.
 */
export function createHostedIssuer(options: HostedIssuerOptions): Issuer {
  const now = options.now ?? Date.now;
  const upstream = createUpstreamCalls({
    apiKey: options.apiKey,
    baseUrl: options.baseUrl,
    fetch: options.fetch,
    observe: options.observe,
    now,
    timing: { ...defaultTiming, ...options.timing },
  });
  return {
    kind: "hosted",
    async issue(order, signal) {
      const body = sessionBody(order, pseudonym(options.pseudonymKey, order.caller));
      const askedAtMs = now();
      const reply = await upstream.call(
        "create",
        async (client, bounded) => {
          const given: unknown = await client.beta.chatkit.sessions.create(body, { signal: bounded });
          return checked(given, body, now()) ?? refuse(given);
        },
        signal,
      );
      const ttlSeconds = hostedTtlSeconds(order.profile);
      return {
        clientSecret: reply.client_secret,
        upstreamId: reply.id,
        // The earlier of both views: a clock that is wrong may end a session early, never late (R62).
        expiresAtMs: Math.min(reply.expires_at * 1000, askedAtMs + ttlSeconds * 1000),
        requestsPerMinute: reply.rate_limits.max_requests_per_1_minute,
        api: { kind: "hosted" },
      };
    },
    async cancel({ upstreamId }, signal) {
      if (upstreamId !== null) await cancelUpstream(upstreamId, signal);
    },
  };

  /** A session that is not what was asked for must not stay valid, whoever holds its secret. */
  async function refuse(given: unknown): Promise<never> {
    const named = namedReply.safeParse(given);
    if (named.success) {
      // A failure is reported by the call itself; the session's lifetime bounds it.
      await cancelUpstream(named.data.id, AbortSignal.timeout(straySessionDeadlineMs)).catch(() => undefined);
    }
    throw new UpstreamFailure("upstream_malformed", {
      status: 200,
      reason: named.success ? "not_as_asked" : "missing_fields",
      orphanPossible: !named.success,
    });
  }

  function cancelUpstream(upstreamId: string, signal: AbortSignal): Promise<void> {
    return upstream.call(
      "cancel",
      async (client, bounded) => {
        await client.beta.chatkit.sessions.cancel(upstreamId, { signal: bounded }).catch((error: unknown) => {
          // Gone is what was wanted.
          const failure = error instanceof Error ? error.cause : null;
          if (!(failure instanceof UpstreamFailure && failure.status === 404)) throw error;
        });
      },
      signal,
    );
  }
}

function hostedTtlSeconds(profile: SessionProfile): number {
  return Math.min(profile.ttlSeconds, sessionTtlSeconds.hostedMax);
}

function sessionBody({ profile, stateVariables }: IssueOrder, user: string): SessionBody {
  const { workflow, features } = profile;
  if (workflow === null) throw new ChatSessionError("upstream_rejected");
  const { fileUpload, history } = features;
  return {
    user,
    workflow: {
      id: workflow.id,
      ...(workflow.version === null ? {} : { version: workflow.version }),
      ...(Object.keys(stateVariables).length === 0 ? {} : { state_variables: { ...stateVariables } }),
    },
    expires_after: { anchor: "created_at", seconds: hostedTtlSeconds(profile) },
    rate_limits: { max_requests_per_1_minute: profile.requestsPerMinute },
    chatkit_configuration: {
      automatic_thread_titling: { enabled: features.automaticThreadTitling },
      file_upload: {
        enabled: fileUpload.enabled,
        max_file_size: Math.min(fileUpload.maxFileSizeMb, maxUploadMb),
        max_files: fileUpload.maxFiles,
      },
      history: {
        enabled: history.enabled,
        ...(history.recentThreads === null ? {} : { recent_threads: history.recentThreads }),
      },
    },
  };
}

/** The reply rebuilt from the members we know, or null when it is not the session that was asked for. */
function checked(given: unknown, asked: SessionBody, nowMs: number): SessionReply | null {
  const parsed = sessionReply.safeParse(given);
  if (!parsed.success) return null;
  const { user, workflow, expires_at } = parsed.data;
  const expiresAtMs = expires_at * 1000;
  const version = asked.workflow.version ?? workflow.version;
  const asAsked = user === asked.user && workflow.id === asked.workflow.id && workflow.version === version;
  const latestMs = nowMs + sessionTtlSeconds.hostedMax * 1000 + maxSkewMs;
  return asAsked && expiresAtMs > nowMs && expiresAtMs <= latestMs ? parsed.data : null;
}

/** S30. */
function pseudonym(key: Uint8Array | KeyObject, { tenant, user }: SessionOwner): string {
  const digest = createHmac("sha256", key).update(tenant).update("\0").update(user).digest();
  let bits = "";
  for (const byte of digest) bits += byte.toString(2).padStart(8, "0");
  return `u_${bits.replaceAll(/.{1,5}/g, (five) => base32[Number.parseInt(five.padEnd(5, "0"), 2)]!)}`;
}
