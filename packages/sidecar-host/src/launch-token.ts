// The bootstrap secret of one sidecar process (S34), in the form that all of Sidekit's tokens have (S39).

import { randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** `ckbs_`, 43 base62 digits of 256 random bits, 6 of the CRC-32 of what stands before them. */
export function createLaunchToken(): string {
  const body = `ckbs_${base62(BigInt(`0x${randomBytes(32).toString("hex")}`), 43)}`;
  return body + base62(BigInt(crc32(body)), 6);
}

function base62(value: bigint, width: number): string {
  let digits = "";
  for (let rest = value; digits.length < width; rest /= 62n) digits = alphabet[Number(rest % 62n)] + digits;
  return digits;
}
