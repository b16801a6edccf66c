// Names that tell two users apart in a log without saying who they are (N6).

import { createHmac } from "node:crypto";

const maxKept = 10_000;

export interface Pseudonyms {
  /** The same for the same name, here and after a restart. */
  tenant(tenant: string): string;
  /** A user is one of a tenant. */
  user(tenant: string, user: string): string;
}

/** Under a key of this installation, so that nobody can try names. */
export function createPseudonyms(key: Uint8Array): Pseudonyms {
  const known = new Map<string, string>();
  const pseudonym = (prefix: string, text: string) => {
    const place = prefix + text;
    let name = known.get(place);
    if (name === undefined) {
      name = `${prefix}_${createHmac("sha256", key).update(`log ${prefix} ${text}`).digest("hex").slice(0, 16)}`;
      if (known.size >= maxKept) known.clear();
      known.set(place, name);
    }
    return name;
  };
  return {
    tenant: (tenant) => pseudonym("ten", tenant),
    user: (tenant, user) => pseudonym("usr", `${tenant.length}:${tenant}${user}`),
  };
}
