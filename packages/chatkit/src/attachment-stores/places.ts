// Where the bytes of an attachment are, by its id and a digest of its owner: nothing that a client chose is in it.

import { createHash } from "node:crypto";

import { z } from "zod";

import type { Owner } from "../ports.ts";

/** The form of an attachment's id, for whoever takes one from a URL. */
export const attachmentIdSchema = z.string().regex(/^atc_[0-9A-Za-z]{22}$/);

/** Neither the tenant nor the user can be read from it (S69). */
export function ownerFolder(owner: Owner): string {
  return createHash("sha256")
    .update(JSON.stringify([owner.tenant, owner.user]))
    .digest("hex");
}
