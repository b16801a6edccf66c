// Load from this process on a server in another: so many connections, each with one request at a time.

import { Pool } from "undici";

export interface Load {
  readonly connections: number;
  readonly sampleMs: number;
}

/** How often `once` comes to its end in a second. What it throws ends the measurement: a wrong answer has no speed. */
export async function perSecond(
  url: string,
  load: Load,
  once: (pool: Pool) => Promise<void>,
): Promise<number> {
  const { connections, sampleMs } = load;
  await using pool = disposable(new Pool(url, { connections, headersTimeout: 10_000, bodyTimeout: 10_000 }));
  let done = 0;
  const startedMs = performance.now();
  const repeat = async () => {
    while (performance.now() - startedMs < sampleMs) {
      await once(pool.value);
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: connections }, repeat));
  return (done / (performance.now() - startedMs)) * 1000;
}

function disposable(pool: Pool): { value: Pool } & AsyncDisposable {
  return { value: pool, [Symbol.asyncDispose]: () => pool.destroy() };
}
