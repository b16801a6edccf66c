// The hosted issuer, with the API key of the profile that a session is of.

import type { Issuer } from "@sidekit/chat-session";

/** `keyOf` gives the id of a profile's key; `issuerWith` makes the issuer that uses it, once per key. */
export function createHostedIssuers(
  keyOf: (profile: string) => string,
  issuerWith: (keyId: string) => Issuer,
): Issuer {
  const issuers = new Map<string, Issuer>();
  const issuerOf = (profile: string): Issuer => {
    const keyId = keyOf(profile);
    const issuer = issuers.get(keyId) ?? issuerWith(keyId);
    issuers.set(keyId, issuer);
    return issuer;
  };
  return {
    kind: "hosted",
    issue: (order, signal) => issuerOf(order.profile.name).issue(order, signal),
    cancel: (record, signal) => issuerOf(record.profile).cancel(record, signal),
  };
}
