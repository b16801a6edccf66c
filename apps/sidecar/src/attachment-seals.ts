// What makes an address its own authority: whose attachment it is, what for and until when, sealed so that nobody can
// read it or make one (S69, S106, S107).

import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";

import type { Owner } from "@sidekit/chatkit";
import { z } from "zod";

const algorithm = "aes-256-gcm";
const nonceBytes = 12;
const tagBytes = 16;
const sealPattern = /^[A-Za-z0-9_-]{40,4096}$/;
const content = z.tuple([z.string(), z.string(), z.int()]);

export type SealPurpose = "upload" | "download";

export interface AttachmentSeals {
  /** For the `seal` parameter of this attachment's address. */
  seal(purpose: SealPurpose, owner: Owner, attachmentId: string, ttlMs: number): string;
  /** Null when it was sealed for another purpose or attachment, has been changed, or is too old. */
  open(purpose: SealPurpose, attachmentId: string, seal: string): Owner | null;
}

/** The key decides which seals are ours: one that is kept outlives the process. */
export function createAttachmentSeals(options: {
  readonly key: Buffer;
  readonly now?: () => number;
}): AttachmentSeals {
  const { now = Date.now } = options;
  const key = Buffer.from(hkdfSync("sha256", options.key, "", "attachment addresses", 32));
  return {
    seal(purpose, { tenant, user }, attachmentId, ttlMs) {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv(algorithm, key, nonce);
      cipher.setAAD(Buffer.from(JSON.stringify([purpose, attachmentId])));
      const text = JSON.stringify([tenant, user, now() + ttlMs]);
      const sealed = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString("base64url");
    },
    open(purpose, attachmentId, seal) {
      if (!sealPattern.test(seal)) return null;
      const bytes = Buffer.from(seal, "base64url");
      // Two spellings of the same bytes are two addresses, and only one was given out.
      if (bytes.toString("base64url") !== seal || bytes.length <= nonceBytes + tagBytes) return null;
      try {
        const opened = createDecipheriv(algorithm, key, bytes.subarray(0, nonceBytes), {
          authTagLength: tagBytes,
        });
        opened.setAAD(Buffer.from(JSON.stringify([purpose, attachmentId])));
        opened.setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
        const text = Buffer.concat([opened.update(bytes.subarray(nonceBytes + tagBytes)), opened.final()]);
        const [tenant, user, expiresAt] = content.parse(JSON.parse(text.toString("utf8")));
        return now() < expiresAt ? { tenant, user } : null;
      } catch {
        return null;
      }
    },
  };
}
