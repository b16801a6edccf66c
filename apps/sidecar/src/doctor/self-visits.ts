// One-time addresses by which the sidecar visits itself through whatever stands in front of it.

import { randomBytes } from "node:crypto";

const visitMs = 10_000;
const maxPending = 4;

/** What came with the visit, as seen after the proxy. */
export interface Visit {
  /** A field that a proxy adds was there. */
  readonly forwarded: boolean;
  /** It came from a proxy that is named as trusted, so its fields count. */
  readonly believed: boolean;
}

export interface SelfVisits {
  /** Null when too many are under way. Void once it is received, and after 10 s. */
  expect(): ExpectedVisit | null;
  /** False if nobody is expected by that name. */
  receive(nonce: string, visit: Visit): boolean;
}

export interface ExpectedVisit extends Disposable {
  readonly nonce: string;
  /** What was received, if anything was. */
  received(): Visit | null;
}

export function createSelfVisits(): SelfVisits {
  const pending = new Map<string, (visit: Visit) => void>();
  return {
    expect() {
      if (pending.size >= maxPending) return null;
      const nonce = randomBytes(32).toString("base64url");
      let received: Visit | null = null;
      const forget = () => {
        clearTimeout(late);
        pending.delete(nonce);
      };
      const late = setTimeout(forget, visitMs);
      late.unref();
      pending.set(nonce, (visit) => {
        received = visit;
        forget();
      });
      return { nonce, received: () => received, [Symbol.dispose]: forget };
    },
    receive(nonce, visit) {
      const arrive = pending.get(nonce);
      arrive?.(visit);
      return arrive !== undefined;
    },
  };
}
