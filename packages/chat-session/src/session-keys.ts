// The keyed digests and seals of sessions, each under its own key derived from one pepper (S42, S43, S38).

import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
  type KeyObject,
} from "node:crypto";

import type { SessionKeys } from "./ports.ts";

const leastPepperBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;

/** `pepper` is at least 32 secret random bytes; instances that share a store share the pepper. */
export function createSessionKeys(pepper: Uint8Array | KeyObject): SessionKeys {
  const length = pepper instanceof Uint8Array ? pepper.length : (pepper.symmetricKeySize ?? 0);
  if (length < leastPepperBytes) throw new RangeError(`The pepper has fewer than ${leastPepperBytes} bytes.`);
  const derive = (label: string, info = "") => Buffer.from(hkdfSync("sha256", pepper, label, info, 32));
  const lookup = createSecretKey(derive("sidekit session lookup"));
  const record = createSecretKey(derive("sidekit session record"));
  const replay = createSecretKey(derive("sidekit replay slot"));
  const replaySealKey = (idempotencyKey: string) => derive("sidekit replay seal", idempotencyKey);

  const recordMac: SessionKeys["recordMac"] = (session) =>
    hmac(
      record,
      JSON.stringify([
        "v1",
        session.id,
        session.tenant,
        session.user,
        session.profile,
        session.issuer,
        session.lookupKey,
        session.upstreamId,
        session.createdAtMs,
        session.expiresAtMs,
      ]),
    );

  return {
    lookupKey: (token) => hmac(lookup, token),
    recordMac,
    recordIntact: (session) => equalText(recordMac(session), session.mac),
    replaySlot: (owner, idempotencyKey) =>
      hmac(replay, JSON.stringify([owner.tenant, owner.user, idempotencyKey])),
    sealReply: (idempotencyKey, text) => seal(replaySealKey(idempotencyKey), text),
    openReply: (idempotencyKey, sealed) => open(replaySealKey(idempotencyKey), sealed),
  };
}

function hmac(key: KeyObject, text: string): string {
  return createHmac("sha256", key).update(text).digest("hex");
}

/** In a time that depends on the lengths alone. */
function equalText(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function seal(key: Buffer, text: string): string {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  const body = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString("base64");
}

function open(key: Buffer, sealed: string): string {
  const bytes = Buffer.from(sealed, "base64");
  const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, nonceBytes));
  decipher.setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
  return Buffer.concat([decipher.update(bytes.subarray(nonceBytes + tagBytes)), decipher.final()]).toString(
    "utf8",
  );
}
