// A response whose reader can end it at once, and is told apart from one that ended by itself.

/** Longer than the server is ever silent: it sends a comment every 15 s. */
const stallMs = 60_000;

export interface StopTriggers {
  readonly signal: AbortSignal | null;
  /** Called once, when the signal aborts or the reader cancels before the body has ended. */
  readonly onStop: () => void;
  /** Called once, when the body has ended by itself. */
  readonly onWhole: () => void;
  /** What the reader sees when nothing has arrived for a minute. */
  readonly stalled: () => Error;
}

/** The same response with a body that passes every chunk on unchanged, one read per pull. */
export function stoppableResponse(
  response: Response,
  { signal, onStop, onWhole, stalled }: StopTriggers,
): Response {
  if (response.body === null) return response;
  const reader = response.body.getReader();
  let ended = false;
  let onAbort = () => {};
  const end = (): boolean => {
    if (ended) return false;
    ended = true;
    signal?.removeEventListener("abort", onAbort);
    return true;
  };
  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        onAbort = () => {
          if (!end()) return;
          controller.error(signal?.reason);
          onStop();
        };
        signal?.addEventListener("abort", onAbort, { once: true });
        if (signal?.aborted) onAbort();
      },
      async pull(controller) {
        try {
          const { done, value } = await withStall(reader, stalled);
          if (ended) return;
          if (!done) controller.enqueue(value);
          else if (end()) {
            onWhole();
            controller.close();
          }
        } catch (failure) {
          if (end()) controller.error(failure);
        }
      },
      cancel() {
        if (end()) onStop();
      },
    },
    // Nothing is read ahead: the reader's pace is the server's pace.
    { highWaterMark: 0 },
  );
  const { status, statusText, headers } = response;
  return new Response(body, { status, statusText, headers });
}

async function withStall<Read>(
  reader: { read(): Promise<Read>; cancel(reason: Error): Promise<void> },
  stalled: () => Error,
): Promise<Read> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stall = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      const failure = stalled();
      reject(failure);
      void reader.cancel(failure).catch(() => undefined);
    }, stallMs);
  });
  try {
    return await Promise.race([reader.read(), stall]);
  } finally {
    clearTimeout(timer);
  }
}
