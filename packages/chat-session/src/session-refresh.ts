// Whether the secret that came with a request names a session that the new one takes the place of (S36).

import type { ObserveSession, RefreshIgnoredReason } from "./observe.ts";
import type { IssueOrder, MintSource, SessionKeys, SessionStore } from "./ports.ts";
import { stateOf, type FoundSession } from "./session-record.ts";

const secretForm = /^[\x21-\x7e]{1,4096}$/;

export interface ReplaceableSessionsOptions {
  readonly store: SessionStore;
  readonly keys: SessionKeys;
  readonly observe: ObserveSession;
  readonly now: () => number;
}

/**
 * The id of the live session of this caller and profile that the current secret opens, or null. A secret of anybody else
 * is no reason to refuse the new session: it is ignored, and reported.
 */
export function createReplaceableSessions({ store, keys, observe, now }: ReplaceableSessionsOptions) {
  return async (order: IssueOrder, source: MintSource, signal: AbortSignal): Promise<string | null> => {
    const { currentSecret } = source;
    if (currentSecret === null) return null;
    if (!secretForm.test(currentSecret)) return ignore("malformed");
    let found: FoundSession | null = null;
    for (const lookupKey of keys.lookupKeys(currentSecret))
      found ??= await store.findByLookupKey(lookupKey, signal);
    if (found === null) return ignore("unknown");
    const { record } = found;
    const { caller, profile } = order;
    if (!keys.recordIntact(record)) return ignore("integrity");
    if (record.tenant !== caller.tenant || record.user !== caller.user) return ignore("foreign");
    if (record.profile !== profile.name) return ignore("other_profile");
    if (record.origin !== null && source.origin !== null && record.origin !== source.origin)
      return ignore("origin_mismatch");
    return stateOf(found, now()) === "active" ? record.id : ignore("ended");
  };

  function ignore(reason: RefreshIgnoredReason): null {
    observe({ event: "session.refresh_ignored", reason });
    return null;
  }
}
