// Attachments in an S3-compatible store. Clients upload to it by a presigned URL, into a waiting place; an upload is
// verified, and copied to where nobody but this process can write, before a message takes it.

import { AwsV4Signer } from "aws4fetch";

import { ChatKitError } from "../errors.ts";
import type { AttachmentStore, Owner } from "../ports.ts";
import type { StoredAttachment, UploadDescriptor } from "../protocol/items.ts";
import { createContentCheck, sniffedBytes } from "./file-types.ts";
import { attachmentIdSchema, ownerFolder } from "./places.ts";
import { createRegistrations, type RegistrationsOptions } from "./registrations.ts";

const callMs = 15_000;
/** Of an answer that says whether a copy succeeded. */
const maxAnswerBytes = 65_536;

export interface S3AttachmentStoreOptions extends Omit<RegistrationsOptions, "describeUpload"> {
  /** Such as `https://s3.eu-central-1.amazonaws.com`; buckets are addressed by path. */
  readonly endpoint: string;
  readonly bucket: string;
  readonly region: string;
  readonly credentials: () => { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly fetch: typeof fetch;
  /** How long an upload URL lives (S106). */
  readonly uploadTtlSeconds: number;
}

/** Bytes in an S3-compatible store. Throws ChatKitError `store_unavailable` when it does not answer. */
export interface S3AttachmentStore extends Required<AttachmentStore> {
  /** A URL that shows this file or offers it for saving, for so long. Throws ChatKitError `not_found`. */
  addressOf(owner: Owner, attachmentId: string, ttlSeconds: number, signal: AbortSignal): Promise<string>;
}

export function createS3AttachmentStore(options: S3AttachmentStoreOptions): S3AttachmentStore {
  const { endpoint, bucket, region, credentials, fetch, records, limits, previewUrl, uploadTtlSeconds } =
    options;
  const registrations = createRegistrations({ ...options, describeUpload });

  return { create: registrations.register, delete: remove, admit, read, previewUrl, addressOf };

  /** The length and the type are part of what is signed: a client that sends others is refused by the store. */
  async function describeUpload(
    owner: Owner,
    attachment: { readonly id: string; readonly mime_type: string; readonly size: number },
  ): Promise<UploadDescriptor> {
    const headers = { "content-type": attachment.mime_type };
    const url = await presigned("PUT", waitingKey(owner, attachment.id), uploadTtlSeconds, {
      headers: { ...headers, "content-length": String(attachment.size) },
    });
    return { url, method: "PUT", headers };
  }

  /** Verifies by the entity tag: what is looked at is what is copied, whatever is uploaded meanwhile. */
  async function admit(owner: Owner, attachment: StoredAttachment, signal: AbortSignal): Promise<void> {
    if (attachment.upload_descriptor === undefined) return;
    const waiting = waitingKey(owner, attachment.id);
    const found = await call("HEAD", waiting, signal);
    if (found.status === 404) {
      const kept = await call("HEAD", keptKey(owner, attachment.id), signal);
      if (kept.status === 404) throw new ChatKitError("attachment_pending");
    } else {
      const tag = found.headers.get("etag") ?? "";
      const size = Number(found.headers.get("content-length"));
      try {
        if (size > limits.maxFileBytes || size > (attachment.size ?? 0)) {
          throw new ChatKitError("attachment_too_large");
        }
        if (size !== attachment.size) throw new ChatKitError("invalid_request");
        await inspect(waiting, attachment.mime_type, size, tag, signal);
      } catch (error) {
        if (error instanceof ChatKitError && error.httpStatus < 500) {
          await remove(owner, attachment.id, signal);
          await registrations.forget(owner, attachment.id, signal);
        }
        throw error;
      }
      await copy(waiting, keptKey(owner, attachment.id), tag, attachment.mime_type, signal);
      await erase(waiting, signal);
    }
    await registrations.finish(owner, attachment, attachment.size ?? 0, signal);
  }

  async function inspect(
    key: string,
    type: string,
    size: number,
    tag: string,
    signal: AbortSignal,
  ): Promise<void> {
    const range = `bytes=0-${Math.min(size, sniffedBytes) - 1}`;
    const answer = await call("GET", key, signal, { range, "if-match": tag });
    if (answer.status === 404) throw new ChatKitError("store_unavailable");
    const head = await bytesOf(answer, sniffedBytes);
    const check = createContentCheck(type);
    check.write(head);
    await check.end(head.length === size);
  }

  async function copy(
    from: string,
    to: string,
    tag: string,
    type: string,
    signal: AbortSignal,
  ): Promise<void> {
    const answer = await call("PUT", to, signal, {
      "x-amz-copy-source": `/${bucket}/${from}`,
      "x-amz-copy-source-if-match": tag,
      "x-amz-metadata-directive": "REPLACE",
      "content-type": type,
    });
    if (answer.status === 404) throw new ChatKitError("store_unavailable");
    // A copy may fail after its status has been sent.
    const text = Buffer.from(await bytesOf(answer, maxAnswerBytes)).toString("utf8");
    if (text.includes("<Error")) throw new ChatKitError("store_unavailable");
  }

  async function read(owner: Owner, attachmentId: string, signal: AbortSignal): Promise<Uint8Array> {
    await recordOf(owner, attachmentId, signal);
    const answer = await call("GET", keptKey(owner, attachmentId), signal);
    if (answer.status === 404) throw new ChatKitError("not_found");
    return bytesOf(answer, limits.maxFileBytes);
  }

  async function addressOf(
    owner: Owner,
    attachmentId: string,
    ttlSeconds: number,
    signal: AbortSignal,
  ): Promise<string> {
    const attachment = await recordOf(owner, attachmentId, signal);
    const isImage = attachment.type === "image";
    const waiting = waitingKey(owner, attachmentId);
    // Whoever composes a message looks at pictures that no message has taken yet.
    const isWaiting =
      attachment.upload_descriptor !== undefined && (await call("HEAD", waiting, signal)).status !== 404;
    return presigned("GET", isWaiting ? waiting : keptKey(owner, attachmentId), ttlSeconds, {
      query: {
        "response-content-type": isImage ? attachment.mime_type : "application/octet-stream",
        "response-content-disposition": isImage ? "inline" : "attachment",
      },
    });
  }

  async function remove(owner: Owner, attachmentId: string, signal: AbortSignal): Promise<void> {
    if (!attachmentIdSchema.safeParse(attachmentId).success) return;
    await erase(waitingKey(owner, attachmentId), signal);
    await erase(keptKey(owner, attachmentId), signal);
  }

  async function erase(key: string, signal: AbortSignal): Promise<void> {
    await call("DELETE", key, signal);
  }

  async function recordOf(
    owner: Owner,
    attachmentId: string,
    signal: AbortSignal,
  ): Promise<StoredAttachment> {
    const known = attachmentIdSchema.safeParse(attachmentId).success;
    const attachment = known ? await records.loadAttachment(owner, attachmentId, signal) : null;
    if (attachment === null) throw new ChatKitError("not_found");
    return attachment;
  }

  /** Answers what was found or 404; throws for everything else. */
  async function call(
    method: string,
    key: string,
    signal: AbortSignal,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    const signed = await new AwsV4Signer({
      ...credentials(),
      service: "s3",
      region,
      method,
      url: urlOf(key).href,
      headers,
    }).sign();
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(callMs)]);
    let answer: Response;
    try {
      answer = await fetch(signed.url, {
        method,
        headers: signed.headers,
        signal: deadline,
        redirect: "error",
      });
    } catch (cause) {
      throw new ChatKitError("store_unavailable", { cause });
    }
    if (answer.ok) return answer;
    await answer.body?.cancel();
    if (answer.status === 404) return answer;
    throw new ChatKitError("store_unavailable", { cause: new Error(`The store said ${answer.status}.`) });
  }

  async function presigned(
    method: string,
    key: string,
    ttlSeconds: number,
    given: { headers?: Record<string, string>; query?: Record<string, string> },
  ): Promise<string> {
    const url = urlOf(key);
    for (const [name, value] of Object.entries(given.query ?? {})) url.searchParams.set(name, value);
    url.searchParams.set("X-Amz-Expires", String(ttlSeconds));
    const signed = await new AwsV4Signer({
      ...credentials(),
      service: "s3",
      region,
      method,
      url: url.href,
      ...(given.headers !== undefined && { headers: given.headers, allHeaders: true }),
      signQuery: true,
    }).sign();
    return signed.url.href;
  }

  function urlOf(key: string): URL {
    return new URL(`${endpoint}/${bucket}/${key}`);
  }
}

function waitingKey(owner: Owner, attachmentId: string): string {
  return `incoming/${ownerFolder(owner)}/${attachmentId}`;
}

function keptKey(owner: Owner, attachmentId: string): string {
  return `attachments/${ownerFolder(owner)}/${attachmentId}`;
}

/** Throws ChatKitError when the store sends more than it was asked for. */
async function bytesOf(answer: Response, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of answer.body ?? []) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new ChatKitError("store_unavailable");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
