// Requests that come again: a client that lost the answer asks once more, and is not answered twice (design 9, L37).

import { hash } from "node:crypto";

import type { ChatKitCaller } from "./ports.ts";

const rememberedMs = 60_000;
/** About as many as can be sent in that time; the oldest is forgotten first. */
const maxRemembered = 10_000;

export interface Repeats<Answer> {
  /**
   * The answer to the same request of the same session within 60 s, while it is being worked out too; or what `answer`
   * resolves to, remembered from now on. One that fails, or that `isStale`, is answered anew.
   */
  once(key: string, answer: () => Promise<Answer>): Promise<Answer>;
  /** The next request of this key is answered anew. */
  forget(key: string): void;
}

export interface RepeatsOptions<Answer> {
  /** Monotonic milliseconds. */
  readonly nowMs: () => number;
  readonly isStale: (answer: Answer) => boolean;
}

interface Remembered<Answer> {
  readonly sinceMs: number;
  readonly answer: Promise<Answer>;
}

export function createRepeats<Answer>({ nowMs, isStale }: RepeatsOptions<Answer>): Repeats<Answer> {
  // In the order in which they were begun, so that the oldest come first.
  const known = new Map<string, Remembered<Answer>>();

  return {
    async once(key, answer) {
      forgetOld();
      for (let earlier = known.get(key); earlier !== undefined; earlier = known.get(key)) {
        const found = await earlier.answer.catch(() => null);
        if (found !== null && !isStale(found)) return found;
        // Whoever else waited for it may be answering anew by now.
        if (known.get(key) === earlier) known.delete(key);
      }
      const entry = { sinceMs: nowMs(), answer: answer() };
      known.set(key, entry);
      try {
        return await entry.answer;
      } catch (thrown) {
        if (known.get(key) === entry) known.delete(key);
        throw thrown;
      }
    },
    forget: (key) => void known.delete(key),
  };

  function forgetOld(): void {
    const oldestMs = nowMs() - rememberedMs;
    for (const [key, { sinceMs }] of known) {
      if (sinceMs > oldestMs && known.size < maxRemembered) return;
      known.delete(key);
    }
  }
}

/** Two requests of one session have the same key if they say the same. */
export function repeatKey(
  { owner, sessionId }: ChatKitCaller,
  request: { readonly type: string; readonly params: object; readonly metadata: object },
): string {
  const words = JSON.stringify([
    owner.tenant,
    owner.user,
    sessionId,
    request.type,
    request.params,
    request.metadata,
  ]);
  return hash("sha256", words, "base64");
}
