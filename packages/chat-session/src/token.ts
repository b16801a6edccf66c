// Opaque bearer tokens: prefix, 43 base62 characters of 32 random bytes, 6 of their CRC-32 (S39–S41, S46).

import { crc32 } from "node:zlib";

import { withRandomBytes } from "./entropy.ts";

/** `ckss_` opens a chat session; `ckbs_`, the launch token, and `cksv_`, a service key, ask for one. */
export type TokenPrefix = "ckss_" | "ckbs_" | "cksv_";

const secretBytes = 32;
const secretDigits = 43;
const checksumDigits = 6;
const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const tokenBody = /^[0-9A-Za-z]{49}$/;
/** Of every kind of credential that Sidekit makes (S39). */
const anyToken = /ck(?:ss|bs|sv|st)_[0-9A-Za-z]{49}/g;
const bearerField = /^bearer ([A-Za-z0-9._~+/-]+=*)$/i;

/** Workspace of the one conversion that can be going on. */
const limbs = new Float64Array(secretBytes / 2);

/** A new token with 256 bits from the operating system's generator. */
export function createToken(prefix: TokenPrefix): string {
  return withRandomBytes(secretBytes, (bytes) => formatToken(prefix, bytes));
}

/** The token that stands for these 32 bytes. */
export function formatToken(prefix: TokenPrefix, bytes: Uint8Array): string {
  const body = prefix + base62OfBytes(bytes);
  return body + checksum(body);
}

/**
 * The token itself when prefix, length, alphabet and checksum are right, else null. A filter that spares the store
 * garbage, not a proof of anything.
 */
export function parseToken(text: string, prefix: TokenPrefix): string | null {
  if (!text.startsWith(prefix) || !tokenBody.test(text.slice(prefix.length))) return null;
  const body = text.slice(0, -checksumDigits);
  return checksum(body) === text.slice(-checksumDigits) ? text : null;
}

/** The first credential of any kind that stands somewhere in a text, whole and with the right checksum; else null. */
export function findToken(text: string): string | null {
  for (const [token] of text.matchAll(anyToken)) {
    if (checksum(token.slice(0, -checksumDigits)) === token.slice(-checksumDigits)) return token;
  }
  return null;
}

/** The credential of an Authorization field: scheme Bearer, one space, one token, nothing else; null otherwise. */
export function parseBearer(field: string | undefined): string | null {
  return field === undefined ? null : (bearerField.exec(field)?.[1] ?? null);
}

function checksum(body: string): string {
  return base62OfNumber(crc32(body), checksumDigits);
}

/** Fixed width, big-endian, by long division in steps of five digits. */
function base62OfBytes(bytes: Uint8Array): string {
  for (let at = 0; at < limbs.length; at += 1) limbs[at] = bytes[2 * at]! * 256 + bytes[2 * at + 1]!;
  let digits = "";
  for (let left = secretDigits; left > 0; left -= 5) {
    const width = Math.min(left, 5);
    digits = base62OfNumber(divideLimbs(62 ** width), width) + digits;
  }
  limbs.fill(0);
  return digits;
}

/** Divides in place, most significant limb first, and returns the remainder. No step leaves the safe integers. */
function divideLimbs(divisor: number): number {
  let remainder = 0;
  for (let at = 0; at < limbs.length; at += 1) {
    const dividend = remainder * 65_536 + limbs[at]!;
    const quotient = Math.floor(dividend / divisor);
    limbs[at] = quotient;
    // The % of numbers beyond 32 bits is many times slower.
    remainder = dividend - quotient * divisor;
  }
  return remainder;
}

function base62OfNumber(value: number, width: number): string {
  let digits = "";
  for (let rest = value, left = width; left > 0; left -= 1) {
    const quotient = Math.floor(rest / 62);
    digits = alphabet[rest - quotient * 62] + digits;
    rest = quotient;
  }
  return digits;
}
