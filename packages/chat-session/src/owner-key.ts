import type { SessionOwner } from "./ports.ts";

/** One string for each owner: the length keeps two pairs apart that read the same when joined. */
export function ownerKey(owner: SessionOwner): string {
  return `${owner.tenant.length}:${owner.tenant}${owner.user}`;
}
