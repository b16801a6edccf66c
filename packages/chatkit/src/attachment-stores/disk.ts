// Attachments as files in a private folder. Bytes arrive beside their place and move there when all is well.

import { createReadStream } from "node:fs";
import { mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";

import { ChatKitError } from "../errors.ts";
import type { AttachmentStore, Owner } from "../ports.ts";
import type { StoredAttachment } from "../protocol/items.ts";
import { chunksUntil } from "./content-chunks.ts";
import { createContentCheck, takenType } from "./file-types.ts";
import { attachmentIdSchema, ownerFolder } from "./places.ts";
import { type AttachmentWish, createRegistrations, type RegistrationsOptions } from "./registrations.ts";

export { attachmentIdSchema } from "./places.ts";
export type { AttachmentLimits, AttachmentRecords, AttachmentWish } from "./registrations.ts";

const alreadyUploaded = "This file has been uploaded already.";
const wrongSize = "The file is not as long as was announced.";
const cleanUpMs = 5_000;

export interface DiskAttachmentStoreOptions extends RegistrationsOptions {
  /** Made when it is missing, and for this user alone. One process at a time. */
  readonly folder: string;
}

/**
 * Bytes on disk. A finished upload survives the death of the process; of one that ends any other way nothing is kept.
 */
export interface DiskAttachmentStore extends Required<AttachmentStore> {
  /**
   * Takes the bytes of a registered attachment, once (S106). The content is read with back-pressure and never
   * destroyed. Throws ChatKitError: `not_found`; `not_pending` when it has been or is being uploaded;
   * `attachment_too_large`, `invalid_request` or `attachment_type` when it is longer or shorter than announced or is
   * something else, and the registration is void then; `storage_full`.
   */
  receive(
    owner: Owner,
    attachmentId: string,
    upload: {
      readonly content: Readable;
      /** The type that came with the bytes; null when none did. Any but the registered one is refused. */
      readonly type: string | null;
    },
    signal: AbortSignal,
  ): Promise<StoredAttachment>;
  /** Registers and takes a file whose length is only known to be at most `wish.size`. */
  receiveNew(
    owner: Owner,
    wish: AttachmentWish,
    content: Readable,
    signal: AbortSignal,
  ): Promise<StoredAttachment>;
  /** A complete attachment. Throws ChatKitError `not_found`. The stream has to be read or destroyed. */
  open(
    owner: Owner,
    attachmentId: string,
    signal: AbortSignal,
  ): Promise<{ readonly attachment: StoredAttachment; readonly size: number; readonly stream: Readable }>;
}

interface ActiveUpload {
  readonly stop: AbortController;
  readonly settled: Promise<void>;
}

/** Removes what an earlier process left half-way. Throws the file system's error when the folder cannot be made. */
export async function openDiskAttachmentStore(
  options: DiskAttachmentStoreOptions,
): Promise<DiskAttachmentStore> {
  const { folder, records, previewUrl } = options;
  const registrations = createRegistrations(options);
  const incoming = join(folder, "incoming");
  const active = new Map<string, ActiveUpload>();
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await rm(incoming, { recursive: true, force: true });
  await mkdir(incoming, { mode: 0o700 });

  return {
    create: registrations.register,
    delete: remove,
    admit,
    read,
    previewUrl,
    receive,
    receiveNew,
    open: openFile,
  };

  function receive(
    owner: Owner,
    attachmentId: string,
    { content, type }: { readonly content: Readable; readonly type: string | null },
    signal: AbortSignal,
  ) {
    return alone(owner, attachmentId, signal, async (stopped) => {
      const attachment = await load(owner, attachmentId, stopped);
      if (attachment.upload_descriptor === undefined) {
        throw new ChatKitError("not_pending", { message: alreadyUploaded });
      }
      if (type !== null && takenType(type) !== attachment.mime_type)
        throw new ChatKitError("attachment_type");
      return take(owner, attachment, content, "exact", stopped);
    });
  }

  async function receiveNew(owner: Owner, wish: AttachmentWish, content: Readable, signal: AbortSignal) {
    const attachment = await registrations.register(owner, wish, signal);
    return alone(owner, attachment.id, signal, (stopped) =>
      take(owner, attachment, content, "at_most", stopped),
    );
  }

  /** One upload of an attachment at a time, which whoever deletes the attachment can stop. */
  async function alone(
    owner: Owner,
    attachmentId: string,
    signal: AbortSignal,
    upload: (stopped: AbortSignal) => Promise<StoredAttachment>,
  ): Promise<StoredAttachment> {
    const key = pathOf(owner, attachmentId);
    if (active.has(key)) throw new ChatKitError("not_pending", { message: alreadyUploaded });
    const stop = new AbortController();
    const done = Promise.withResolvers<void>();
    active.set(key, { stop, settled: done.promise });
    try {
      return await upload(AbortSignal.any([signal, stop.signal]));
    } finally {
      active.delete(key);
      done.resolve();
    }
  }

  async function take(
    owner: Owner,
    attachment: StoredAttachment,
    content: Readable,
    length: "exact" | "at_most",
    signal: AbortSignal,
  ): Promise<StoredAttachment> {
    const draft = join(incoming, attachment.id);
    const place = pathOf(owner, attachment.id);
    const promised = attachment.size ?? 0;
    try {
      const size = await write(draft, content, promised, attachment.mime_type, signal);
      if (size === 0 || (length === "exact" && size !== promised)) {
        throw new ChatKitError("invalid_request", { message: wrongSize });
      }
      await moveDurably(draft, place);
      return await registrations.finish(owner, attachment, size, signal);
    } catch (error) {
      await rm(draft, { force: true });
      await rm(place, { force: true });
      const isFault = error instanceof ChatKitError && error.httpStatus < 500;
      // A connection that broke may come back with the same address; a file that was wrong stays wrong.
      if (isFault || length === "at_most") {
        // Should the record stay, it is one of those that nobody uses, and goes with them.
        await registrations.forget(owner, attachment.id, AbortSignal.timeout(cleanUpMs)).catch(() => {});
      }
      throw diskError(error);
    }
  }

  /** Never destroys the content: the connection it comes from has an answer to carry yet. */
  async function write(
    path: string,
    content: Readable,
    maxBytes: number,
    type: string,
    signal: AbortSignal,
  ): Promise<number> {
    const check = createContentCheck(type);
    const handle = await open(path, "wx", 0o600);
    let bytes = 0;
    try {
      for await (const chunk of chunksUntil(content, signal)) {
        bytes += chunk.length;
        if (bytes > maxBytes) throw new ChatKitError("attachment_too_large");
        check.write(chunk);
        await handle.writeFile(chunk);
      }
      await check.end(true);
      await handle.sync();
    } finally {
      await handle.close();
    }
    return bytes;
  }

  async function openFile(owner: Owner, attachmentId: string, signal: AbortSignal) {
    const attachment = await load(owner, attachmentId, signal);
    const path = pathOf(owner, attachmentId);
    if (attachment.upload_descriptor !== undefined) throw new ChatKitError("not_found");
    try {
      const { size } = await stat(path);
      return { attachment, size, stream: createReadStream(path) };
    } catch (error) {
      throw diskError(error);
    }
  }

  async function read(owner: Owner, attachmentId: string, signal: AbortSignal): Promise<Uint8Array> {
    const attachment = await load(owner, attachmentId, signal);
    if (attachment.upload_descriptor !== undefined) throw new ChatKitError("not_found");
    try {
      return await readFile(pathOf(owner, attachmentId), { signal });
    } catch (error) {
      throw diskError(error);
    }
  }

  async function remove(owner: Owner, attachmentId: string): Promise<void> {
    if (!attachmentIdSchema.safeParse(attachmentId).success) return;
    const upload = active.get(pathOf(owner, attachmentId));
    upload?.stop.abort(new ChatKitError("not_found"));
    await upload?.settled;
    await rm(pathOf(owner, attachmentId), { force: true });
  }

  async function admit(_owner: Owner, attachment: StoredAttachment): Promise<void> {
    if (attachment.upload_descriptor !== undefined) throw new ChatKitError("attachment_pending");
  }

  function pathOf(owner: Owner, attachmentId: string): string {
    return join(folder, ownerFolder(owner), attachmentId);
  }

  async function load(owner: Owner, attachmentId: string, signal: AbortSignal): Promise<StoredAttachment> {
    const known = attachmentIdSchema.safeParse(attachmentId).success;
    const attachment = known ? await records.loadAttachment(owner, attachmentId, signal) : null;
    if (attachment === null) throw new ChatKitError("not_found");
    return attachment;
  }
}

/** The name is as durable as the bytes only once the folder has been written too. */
async function moveDurably(from: string, to: string): Promise<void> {
  const folder = join(to, "..");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await rename(from, to);
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function diskError(error: unknown): unknown {
  if (error instanceof ChatKitError || !(error instanceof Error) || !("code" in error)) return error;
  if (error.code === "ENOENT") return new ChatKitError("not_found", { cause: error });
  if (error.code === "ENOSPC" || error.code === "EDQUOT") {
    return new ChatKitError("storage_full", { cause: error });
  }
  return error;
}
