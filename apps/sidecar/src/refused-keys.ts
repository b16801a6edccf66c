// Reports every answer by which the upstream refuses a key, with the key's fingerprint (R17).

import { fingerprint, Secret } from "@sidekit/secrets";

export interface RefusedKeyObservation {
  readonly event: "upstream.auth";
  readonly status: 401 | 403;
  /** Null when the request carried no key. */
  readonly fingerprint: string | null;
}

export function reportRefusedKeys(
  send: typeof fetch,
  observe: (observation: RefusedKeyObservation) => void,
): typeof fetch {
  return async (input, init) => {
    const response = await send(input, init);
    const { status } = response;
    if (status === 401 || status === 403) {
      observe({ event: "upstream.auth", status, fingerprint: sentKey(init?.headers) });
    }
    return response;
  };
}

function sentKey(headers: RequestInit["headers"]): string | null {
  const [, key] = /^Bearer (\S+)$/.exec(new Headers(headers).get("authorization") ?? "") ?? [];
  return key === undefined ? null : fingerprint(new Secret(key));
}
