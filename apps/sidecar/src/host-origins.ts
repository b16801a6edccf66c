// The pages that the program which started this one has open, by their exact origin (S19).

import { maxOrigins } from "@sidekit/sidecar-host/child";

export interface HostOrigins {
  /** False when there are as many as there may be. */
  add(origin: string): boolean;
  remove(origin: string): void;
  has(origin: string): boolean;
}

export function createHostOrigins(): HostOrigins {
  const origins = new Set<string>();
  return {
    add(origin) {
      if (!origins.has(origin) && origins.size >= maxOrigins) return false;
      origins.add(origin);
      return true;
    },
    remove: (origin) => void origins.delete(origin),
    has: (origin) => origins.has(origin),
  };
}
