// One cheap question to the upstream: does it take this key? Of the reply only the kind of answer is kept (S141, S151).

import { z } from "zod";

import type { Secret } from "./secret.ts";
import { createSingleFlight } from "./single-flight.ts";

const deadlineMs = 3000;
const validForMs = 300_000;
const failedForMs = 15_000;
const maxErrorBytes = 16_384;

const quotaCodes = new Set(["insufficient_quota", "billing_hard_limit_reached", "billing_not_active"]);
const errorBody = z.object({ error: z.object({ code: z.string().nullish(), type: z.string().nullish() }) });

export type KeyVerdict = "valid" | "invalid" | "lacks-permission" | "no-quota" | "unreachable";

export interface KeyVerification {
  readonly verdict: KeyVerdict;
  /** Why an upstream counts as unreachable, such as `HTTP 503`; null otherwise. */
  readonly fact: string | null;
  /** Wall clock. */
  readonly checkedAtMs: number;
}

export interface KeyVerifierOptions {
  /** With the version in it, such as `https://api.openai.com/v1`. */
  readonly baseUrl: string;
  readonly fetch: typeof fetch;
  readonly now: () => number;
}

/** Checks one key; callers at the same time share one request, and one that leaves does not end it for the others. */
export interface KeyVerifier {
  /** The last answer while it is fresh (5 min when the key is valid, 15 s otherwise), else a new one within 3 s. */
  check(signal: AbortSignal): Promise<KeyVerification>;
  /** A new answer within 3 s. */
  checkNow(signal: AbortSignal): Promise<KeyVerification>;
  readonly latest: KeyVerification | null;
}

export function createKeyVerifier(key: Secret, options: KeyVerifierOptions): KeyVerifier {
  const { now } = options;
  let latest: KeyVerification | null = null;
  const checkNow = createSingleFlight(async () => {
    latest = { ...(await askUpstream(key, options)), checkedAtMs: now() };
    return latest;
  });
  return {
    async check(signal) {
      signal.throwIfAborted();
      return latest && isFresh(latest, now()) ? latest : checkNow(signal);
    },
    checkNow,
    get latest() {
      return latest;
    },
  };
}

function isFresh({ verdict, checkedAtMs }: KeyVerification, nowMs: number): boolean {
  const ageMs = nowMs - checkedAtMs;
  // A clock that was set back must not keep an answer for longer.
  return ageMs >= 0 && ageMs < (verdict === "valid" ? validForMs : failedForMs);
}

type Answer = Pick<KeyVerification, "verdict" | "fact">;

async function askUpstream(key: Secret, options: KeyVerifierOptions): Promise<Answer> {
  const deadline = AbortSignal.timeout(deadlineMs);
  try {
    const response = await options.fetch(`${options.baseUrl.replace(/\/+$/, "")}/models`, {
      headers: { authorization: `Bearer ${key.reveal()}`, accept: "application/json" },
      redirect: "manual",
      signal: deadline,
    });
    try {
      return await readAnswer(response);
    } finally {
      // Whatever is left of the body is not wanted; a body that has already failed cannot be cancelled either.
      await response.body?.cancel().catch(() => {});
    }
  } catch (cause) {
    return unreachable(deadline.aborted ? `no answer within ${deadlineMs / 1000} s` : transportFact(cause));
  }
}

async function readAnswer(response: Response): Promise<Answer> {
  const { status } = response;
  if (status === 200) {
    // A sign-in page of a network in between also answers 200.
    return isJson(response) ? { verdict: "valid", fact: null } : unreachable("an answer that is not JSON");
  }
  if (status === 401) return { verdict: "invalid", fact: null };
  if (status === 403) return { verdict: "lacks-permission", fact: null };
  if (status === 402 || (status === 429 && (await saysNoQuota(response))))
    return { verdict: "no-quota", fact: null };
  return unreachable(`HTTP ${status}`);
}

function isJson(response: Response): boolean {
  return /^application\/(?:[\w.-]+\+)?json\b/i.test(response.headers.get("content-type") ?? "");
}

async function saysNoQuota(response: Response): Promise<boolean> {
  const parsed = errorBody.safeParse(parseJson(await readAtMost(response, maxErrorBytes)));
  if (!parsed.success) return false;
  const { code, type } = parsed.data.error;
  return quotaCodes.has(code ?? "") || quotaCodes.has(type ?? "");
}

/** Null when the body is larger. */
async function readAtMost(response: Response, maxBytes: number): Promise<string | null> {
  const reader = response.body?.getReader();
  if (!reader) return null;
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return Buffer.concat(chunks).toString("utf8");
      bytes += value.length;
      if (bytes > maxBytes) return null;
      chunks.push(value);
    }
  } finally {
    reader.releaseLock();
  }
}

function parseJson(text: string | null): unknown {
  try {
    return text === null ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

function unreachable(fact: string): Answer {
  return { verdict: "unreachable", fact };
}

/** The platform's code for what broke, such as `ECONNREFUSED`; messages may hold addresses and are left out. */
function transportFact(cause: unknown): string {
  let error = cause;
  for (let depth = 0; depth < 4 && error instanceof Error; depth += 1) {
    if ("code" in error && typeof error.code === "string" && /^[A-Z0-9_]{1,48}$/.test(error.code))
      return error.code;
    error = error.cause;
  }
  return "no connection";
}
