// Registers uploads: what is promised is checked, counted against the owner's quota and recorded before a byte comes.

import { ChatKitError } from "../errors.ts";
import { type NewId, randomId } from "../ids.ts";
import type { AttachmentStore, Owner, ThreadStore } from "../ports.ts";
import type { StoredAttachment, UploadDescriptor } from "../protocol/items.ts";
import { displayName } from "./file-names.ts";
import { kindOfType, takenType } from "./file-types.ts";

/** What is known of attachments, as far as a store of bytes needs it. */
export type AttachmentRecords = Pick<
  ThreadStore,
  "saveAttachment" | "loadAttachment" | "doomAttachment" | "deleteAttachment" | "attachmentBytes"
>;

export interface AttachmentLimits {
  /** Of one file (L40). */
  readonly maxFileBytes: number;
  /** Of all files of one owner, promised ones included. */
  readonly quotaBytes: number;
}

export type AttachmentWish = Parameters<NonNullable<AttachmentStore["create"]>>[1];

export interface Registrations {
  /**
   * Records the attachment; until `finish` it has an upload descriptor. Registrations of one owner queue up, so that
   * together they stay below the quota. Throws ChatKitError `attachment_name`, `attachment_type`,
   * `attachment_too_large`, `attachment_quota`, and `invalid_request` for an empty file.
   */
  register(owner: Owner, wish: AttachmentWish, signal: AbortSignal): Promise<StoredAttachment>;
  /** The bytes are there: records their number, and that nothing is to be uploaded any more. */
  finish(
    owner: Owner,
    attachment: StoredAttachment,
    size: number,
    signal: AbortSignal,
  ): Promise<StoredAttachment>;
  /** What came is not what was promised: the promise is void. */
  forget(owner: Owner, attachmentId: string, signal: AbortSignal): Promise<void>;
}

export interface RegistrationsOptions {
  readonly records: AttachmentRecords;
  readonly limits: AttachmentLimits;
  /** Where the bytes of this attachment go. */
  readonly describeUpload: (
    owner: Owner,
    attachment: { readonly id: string; readonly mime_type: string; readonly size: number },
  ) => Promise<UploadDescriptor>;
  readonly previewUrl: (owner: Owner, attachmentId: string) => string;
  readonly newId?: NewId;
}

export function createRegistrations(options: RegistrationsOptions): Registrations {
  const { records, limits, describeUpload, previewUrl, newId = randomId } = options;
  /** The last registration of each owner that has not come to an end. */
  const queues = new Map<string, Promise<unknown>>();

  return {
    register(owner, wish, signal) {
      const key = JSON.stringify([owner.tenant, owner.user]);
      const before = queues.get(key) ?? Promise.resolve();
      const mine = before.then(
        () => record(owner, wish, signal),
        () => record(owner, wish, signal),
      );
      queues.set(key, mine);
      return mine.finally(() => {
        if (queues.get(key) === mine) queues.delete(key);
      });
    },
    async finish(owner, attachment, size, signal) {
      const { upload_descriptor: _done, ...complete } = attachment;
      const stored = { ...complete, size };
      await records.saveAttachment(owner, stored, signal);
      return stored;
    },
    async forget(owner, attachmentId, signal) {
      await records.doomAttachment(owner, attachmentId, signal);
      await records.deleteAttachment(owner, attachmentId, signal);
    },
  };

  async function record(owner: Owner, wish: AttachmentWish, signal: AbortSignal): Promise<StoredAttachment> {
    const name = displayName(wish.name);
    const mimeType = takenType(wish.mime_type);
    const { size } = wish;
    if (!Number.isSafeInteger(size) || size < 1) throw new ChatKitError("invalid_request");
    if (size > limits.maxFileBytes) throw new ChatKitError("attachment_too_large");
    signal.throwIfAborted();
    if ((await records.attachmentBytes(owner, signal)) + size > limits.quotaBytes) {
      throw new ChatKitError("attachment_quota");
    }
    const id = newId("atc");
    const known = { id, name, mime_type: mimeType, size };
    const upload = { upload_descriptor: await describeUpload(owner, known) };
    const attachment: StoredAttachment =
      kindOfType(mimeType) === "image"
        ? { type: "image", ...known, ...upload, preview_url: previewUrl(owner, id) }
        : { type: "file", ...known, ...upload };
    await records.saveAttachment(owner, attachment, signal);
    return attachment;
  }
}
