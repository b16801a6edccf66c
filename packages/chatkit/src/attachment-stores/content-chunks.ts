// The bytes of a stream as they come. A stream gives no way to stop waiting for it but to destroy it, and an upload's
// connection has an answer to carry yet.

import type { Readable } from "node:stream";

/** Ends with the signal's reason when it is aborted, also while it waits. The content is never destroyed. */
export async function* chunksUntil(content: Readable, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const aborted = Promise.withResolvers<never>();
  const stop = () => aborted.reject(signal.reason);
  aborted.promise.catch(() => {});
  signal.throwIfAborted();
  signal.addEventListener("abort", stop, { once: true });
  const chunks = content.iterator({ destroyOnReturn: false });
  try {
    for (;;) {
      const next = chunks.next();
      next.catch(() => {});
      const { done, value } = await Promise.race([next, aborted.promise]);
      if (done) return;
      if (!(value instanceof Uint8Array)) throw new TypeError("The content is not bytes.");
      yield value;
    }
  } finally {
    signal.removeEventListener("abort", stop);
    void chunks.return?.().catch(() => {});
  }
}
