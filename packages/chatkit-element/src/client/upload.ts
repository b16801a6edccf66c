// Brings a file's bytes to the server, by the scheme that the options name (protocol 1.7).

import type { CustomApiConfig } from "@openai/chatkit";
import type { Attachment } from "@sidekit/chatkit/protocol";

import { SidekitChatError } from "../errors.ts";
import { readRefusal } from "./refusal.ts";
import { readAttachment } from "./wire-items.ts";
import { isRecord } from "./wire-values.ts";

const uploadDeadlineMs = 5 * 60_000;

export interface UploadOptions {
  readonly strategy: CustomApiConfig["uploadStrategy"];
  /** For the server's own address. What a descriptor names is opened by itself and gets no credential. */
  readonly fetch: typeof fetch;
  /** The protocol's own address. */
  readonly serverUrl: string;
  /** Told the part that has been sent, from 0 to 1, where the platform tells us. */
  readonly onProgress: (part: number) => void;
  /** Sends `attachments.create`. */
  readonly register: (file: File, signal: AbortSignal) => Promise<unknown>;
  /** Sends `attachments.delete`, for what was registered and did not arrive. Never rejects. */
  readonly discard: (attachmentId: string) => Promise<void>;
}

/** Rejects with SidekitChatError, or with the signal's reason once it has fired. */
export async function uploadFile(
  file: File,
  caller: AbortSignal,
  options: UploadOptions,
): Promise<Attachment> {
  const { strategy } = options;
  const deadline = AbortSignal.timeout(uploadDeadlineMs);
  const signal = AbortSignal.any([caller, deadline]);
  if (strategy === undefined) throw new SidekitChatError("upload_strategy_missing");
  try {
    if (strategy.type === "direct") {
      const send = options.fetch;
      const answer = await send(strategy.uploadUrl, { method: "POST", body: formWith(file), signal });
      await refuseFailure(answer);
      return known(readAttachment(await answer.json()));
    }
    const registered = await options.register(file, signal);
    const attachment = known(readAttachment(registered));
    try {
      await sendBytes(file, registered, signal, options);
    } catch (error) {
      void options.discard(attachment.id);
      throw error;
    }
    return attachment;
  } catch (error) {
    if (caller.aborted || error instanceof SidekitChatError) throw error;
    throw new SidekitChatError(deadline.aborted ? "timed_out" : "unreachable", { cause: error });
  }
}

/** To where the answer to `attachments.create` says. */
async function sendBytes(
  file: File,
  registered: unknown,
  signal: AbortSignal,
  { serverUrl, onProgress }: UploadOptions,
): Promise<void> {
  const descriptor = isRecord(registered) ? registered["upload_descriptor"] : null;
  if (!isRecord(descriptor) || typeof descriptor["url"] !== "string")
    throw new SidekitChatError("malformed_answer");
  const headers = isRecord(descriptor["headers"]) ? descriptor["headers"] : {};
  const isPut = descriptor["method"] === "PUT";
  const bytes: Bytes = {
    url: descriptor["url"],
    method: isPut ? "PUT" : "POST",
    headers: Object.entries(headers).flatMap(([name, value]): [string, string][] =>
      typeof value === "string" ? [[name, value]] : [],
    ),
    body: isPut ? file : formWith(file),
  };
  const uploaded = isCountable(bytes, serverUrl)
    ? await sendCounted(bytes, signal, onProgress)
    : await fetch(bytes.url, { ...bytes, credentials: "omit", signal });
  await refuseFailure(uploaded);
  await uploaded.body?.cancel();
}

interface Bytes {
  readonly url: string;
  readonly method: "PUT" | "POST";
  readonly headers: [string, string][];
  readonly body: File | FormData;
}

/**
 * Only XMLHttpRequest tells how far it is, and it has two sides to mind. It takes the page's cookies along to the page's
 * own origin, which another server must not have us write to. And being listened to, it asks across origins before it
 * sends, which a server may not expect for a plain form.
 */
function isCountable({ url, method, headers }: Bytes, serverUrl: string): boolean {
  const { origin } = new URL(url, location.href);
  if (origin === location.origin) return new URL(serverUrl, location.href).origin === location.origin;
  return method === "PUT" || headers.length > 0;
}

function sendCounted(
  { url, method, headers, body }: Bytes,
  signal: AbortSignal,
  onProgress: UploadOptions["onProgress"],
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(method, url);
    for (const [name, value] of headers) request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      if (total > 0) onProgress(loaded / total);
    });
    request.addEventListener("load", () => {
      const { status } = request;
      const body = status < 300 ? null : request.responseText;
      resolve(new Response(body, { status, headers: answerHeaders(request) }));
    });
    request.addEventListener("error", () => reject(new TypeError("The upload failed.")));
    request.addEventListener("abort", () => reject(signal.reason));
    if (signal.aborted) reject(signal.reason);
    else {
      signal.addEventListener("abort", () => request.abort(), { once: true });
      request.send(body);
    }
  });
}

/** Asked for by its name, a header that another origin does not show is complained about in the console. */
function answerHeaders(request: XMLHttpRequest): Headers {
  const wait = /^retry-after: *(\d+)/im.exec(request.getAllResponseHeaders())?.[1];
  return new Headers(wait === undefined ? {} : { "retry-after": wait });
}

function formWith(file: File): FormData {
  const form = new FormData();
  form.set("file", file);
  return form;
}

async function refuseFailure(response: Response): Promise<void> {
  if (!response.ok) throw new SidekitChatError("refused", { refusal: await readRefusal(response) });
}

function known(attachment: Attachment | null): Attachment {
  if (attachment === null) throw new SidekitChatError("malformed_answer");
  return attachment;
}
