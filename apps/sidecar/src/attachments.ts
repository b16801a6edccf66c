// The attachment store that the settings ask for: files in the data directory, or an S3-compatible store.

import { join } from "node:path";

import type { AttachmentStore, ThreadStore } from "@sidekit/chatkit";
import { openDiskAttachmentStore, type DiskAttachmentStore } from "@sidekit/chatkit/attachment-stores/disk";
import { createS3AttachmentStore, type S3AttachmentStore } from "@sidekit/chatkit/attachment-stores/s3";

import { createAttachmentSeals, type AttachmentSeals } from "./attachment-seals.ts";
import { megabyte } from "./attachments-by-profile.ts";
import type { Config } from "./config.ts";
import { loadAddressKey } from "./data-dir.ts";
import { StartError } from "./start-error.ts";

/** S106. */
export const uploadTtlMs = 300_000;
/** A conversation is on a screen for a while before its last picture is looked at. */
export const previewTtlMs = 900_000;

export interface Attachments {
  readonly store: Required<AttachmentStore>;
  /** Null when clients upload elsewhere. */
  readonly disk: DiskAttachmentStore | null;
  /** Null when the bytes are here. */
  readonly elsewhere: S3AttachmentStore | null;
  readonly seals: AttachmentSeals;
}

export interface AttachmentsOptions {
  readonly config: Config;
  readonly records: ThreadStore;
  /** Known once the port is. */
  readonly publicUrl: () => string;
  readonly fetch: typeof fetch;
  readonly now?: () => number;
}

/** Throws StartError when the folder cannot be made. */
export async function openAttachments(options: AttachmentsOptions): Promise<Attachments> {
  const { config, records, publicUrl, fetch, now } = options;
  const seals = createAttachmentSeals({
    key: loadAddressKey(config.dataDir),
    ...(now !== undefined && { now }),
  });
  const address = (attachmentId: string, seal: string) =>
    `${publicUrl()}/chatkit/attachments/${attachmentId}?seal=${seal}`;
  const shared = {
    records,
    limits: {
      maxFileBytes: Math.max(...config.profiles.map(({ fileUpload }) => fileUpload.maxFileSizeMb)) * megabyte,
      quotaBytes: config.uploadQuotaMb * megabyte,
    },
    previewUrl: (owner: Parameters<AttachmentSeals["seal"]>[1], attachmentId: string) =>
      address(attachmentId, seals.seal("download", owner, attachmentId, previewTtlMs)),
  };

  if (config.s3 !== null) {
    const { secretAccessKey, ...place } = config.s3;
    const elsewhere = createS3AttachmentStore({
      ...shared,
      ...place,
      credentials: () => ({ accessKeyId: place.accessKeyId, secretAccessKey: secretAccessKey.reveal() }),
      fetch,
      uploadTtlSeconds: uploadTtlMs / 1000,
    });
    return { store: elsewhere, disk: null, elsewhere, seals };
  }
  try {
    const disk = await openDiskAttachmentStore({
      ...shared,
      folder: join(config.dataDir, "attachments"),
      describeUpload: async (owner, { id, mime_type: type }) => ({
        url: address(id, seals.seal("upload", owner, id, uploadTtlMs)),
        method: "PUT",
        headers: { "content-type": type },
      }),
    });
    return { store: disk, disk, elsewhere: null, seals };
  } catch (cause) {
    throw new StartError("The folder attachments in the data directory cannot be made or emptied.", {
      cause,
    });
  }
}
