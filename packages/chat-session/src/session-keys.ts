// The keyed digests and seals of sessions, each under its own key derived from a ring of two peppers (S38, S42–S44).

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

import type { SessionKeys, SessionOwner } from "./ports.ts";
import { recordVersion, type SessionRecord } from "./session-record.ts";

const leastSecretBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;

export interface SessionKeysOptions {
  /** The pepper before this one, whose sessions still live. */
  readonly previousPepper?: Uint8Array | KeyObject;
  /** Names the instances that share a store. */
  readonly deployment?: string;
  /** Of 32 secret bytes or more, kept longer than the peppers: ids of events outlive a restart. Made up by default. */
  readonly eventKey?: Uint8Array | KeyObject;
}

export interface RotatingSessionKeys extends SessionKeys {
  /**
   * Makes this pepper the current one and the current one the previous one. What was made under the one before that is
   * refused from now on: rotate no more often than the longest session lives (S44).
   */
  rotate(pepper: Uint8Array | KeyObject): void;
}

interface PepperKeys {
  readonly id: string;
  readonly lookup: KeyObject;
  readonly record: KeyObject;
  readonly replay: KeyObject;
  sealKey(idempotencyKey: string): Buffer;
}

/**
 * `pepper` is at least 32 secret random bytes, or RangeError; instances that share a store share the pepper and the name of
 * the deployment.
 */
export function createSessionKeys(
  pepper: Uint8Array | KeyObject,
  options: SessionKeysOptions = {},
): RotatingSessionKeys {
  const { deployment = "local" } = options;
  const event = derivedKey(options.eventKey ?? randomBytes(leastSecretBytes), "sidekit session event");
  /** Records are never changed; a store that writes them down makes another object of what it reads. */
  const checked = new WeakMap<SessionRecord, { readonly by: PepperKeys; readonly equal: boolean }>();
  let current = keysOf(pepper);
  let previous = options.previousPepper === undefined ? null : keysOf(options.previousPepper);

  return {
    rotate(next) {
      [current, previous] = [keysOf(next), current];
    },
    sealRecord(draft, clientSecret) {
      const unsealed = {
        ...draft,
        version: recordVersion,
        deployment,
        pepperId: current.id,
        lookupKey: hmac(current.lookup, clientSecret),
      };
      return { ...unsealed, mac: recordMac(current, unsealed), cancelledAtMs: null };
    },
    lookupKeys: (token) => ring().map(({ lookup }) => hmac(lookup, token)),
    recordIntact(record) {
      const known = record.version === recordVersion && record.deployment === deployment;
      const keys = ring().find(({ id }) => id === record.pepperId);
      // Reckoned once for each object and pepper, the one that stands for no record included: all answers take as long.
      const by = keys ?? current;
      const reckoned = checked.get(record);
      const equal = reckoned?.by === by ? reckoned.equal : equalText(recordMac(by, record), record.mac);
      if (reckoned?.by !== by) checked.set(record, { by, equal });
      return known && keys !== undefined && equal;
    },
    replaySlots: ({ tenant, user }, idempotencyKey) =>
      ring().map(({ replay }) => hmac(replay, JSON.stringify([tenant, user, idempotencyKey]))),
    sealReply: (idempotencyKey, text) => `${current.id}.${seal(current.sealKey(idempotencyKey), text)}`,
    openReply(idempotencyKey, sealed) {
      const [id, text] = sealed.split(".", 2);
      const keys = ring().find((it) => it.id === id);
      if (keys === undefined || text === undefined)
        throw new Error("The reply was sealed under an unknown pepper.");
      return open(keys.sealKey(idempotencyKey), text);
    },
    eventId: (owner, position) => `${position}-${eventMac(owner, position)}`,
    eventPosition(owner, id) {
      const cut = id.lastIndexOf("-");
      const position = id.slice(0, Math.max(0, cut));
      return equalText(id.slice(cut + 1), eventMac(owner, position)) ? position : null;
    },
  };

  function eventMac({ tenant, user }: SessionOwner, position: string): string {
    return hmac(event, JSON.stringify([tenant, user, position])).slice(0, 32);
  }

  function ring(): readonly PepperKeys[] {
    return previous === null ? [current] : [current, previous];
  }
}

function keysOf(pepper: Uint8Array | KeyObject): PepperKeys {
  const secret = secretKey(pepper);
  return {
    id: derive(secret, "sidekit pepper id").toString("hex", 0, 8),
    lookup: derivedKey(secret, "sidekit session lookup"),
    record: derivedKey(secret, "sidekit session record"),
    replay: derivedKey(secret, "sidekit replay slot"),
    sealKey: (idempotencyKey) => derive(secret, "sidekit replay seal", idempotencyKey),
  };
}

/** A copy of bytes: the caller may wipe its own. */
function secretKey(secret: Uint8Array | KeyObject): KeyObject {
  const length = secret instanceof Uint8Array ? secret.length : (secret.symmetricKeySize ?? 0);
  if (length < leastSecretBytes) throw new RangeError(`The secret has fewer than ${leastSecretBytes} bytes.`);
  return secret instanceof Uint8Array ? createSecretKey(Buffer.from(secret)) : secret;
}

function derivedKey(secret: Uint8Array | KeyObject, label: string): KeyObject {
  return createSecretKey(derive(secretKey(secret), label));
}

function derive(secret: KeyObject, label: string, info = ""): Buffer {
  return Buffer.from(hkdfSync("sha256", secret, label, info, 32));
}

function recordMac(keys: PepperKeys, record: Omit<SessionRecord, "mac" | "cancelledAtMs">): string {
  return hmac(
    keys.record,
    JSON.stringify([
      record.version,
      record.deployment,
      record.pepperId,
      record.id,
      record.tenant,
      record.user,
      record.origin,
      record.profile,
      record.issuer,
      record.requestsPerMinute,
      record.lookupKey,
      record.upstreamId,
      record.createdAtMs,
      record.expiresAtMs,
    ]),
  );
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
