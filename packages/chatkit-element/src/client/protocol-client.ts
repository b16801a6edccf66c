// Speaks the self-hosted ChatKit protocol over one URL: typed requests in, checked answers and event batches out.

import type { CustomApiConfig } from "@openai/chatkit";
import type { Attachment, JsonRequest, Page, StreamingRequest } from "@sidekit/chatkit/protocol";

import { SidekitChatError } from "../errors.ts";
import { readBatches, type ReadBatchesOptions } from "./event-stream.ts";
import { readRefusal } from "./refusal.ts";
import type { ShownEvent } from "./wire-events.ts";
import { readItem, readPage, readThread, type ShownItem, type ThreadRecord } from "./wire-items.ts";
import { uploadFile, type UploadOptions } from "./upload.ts";
import { isRecord } from "./wire-values.ts";

/** How long a request answered with JSON may take. */
const jsonDeadlineMs = 30_000;
/** Speech takes its time. */
const dictationDeadlineMs = 90_000;

export interface ProtocolClientOptions {
  readonly url: string;
  /** Every request goes through it; defaults to the page's. */
  readonly fetch?: typeof fetch;
  readonly uploadStrategy?: CustomApiConfig["uploadStrategy"];
  /** Sent as `Accept-Language`. */
  readonly locale: string;
  readonly onUnreadable?: ReadBatchesOptions["onUnreadable"];
}

export interface AnswerStream {
  /** Each batch holds what one network chunk brought. Ends with the response's body. */
  readonly batches: AsyncIterable<ShownEvent[]>;
  /** What the server calls the run, where it does. Such a server leads a repeated message back to its answer. */
  readonly runId: string | null;
  /** Closes the body without aborting the request: the server sees a reader leave, not a stop. */
  leave(): void;
}

type Input<Type extends (JsonRequest | StreamingRequest)["type"]> = Extract<
  JsonRequest | StreamingRequest,
  { type: Type }
>["params"];

/** Answers reject with SidekitChatError, or with the signal's reason once it has fired. */
export interface ProtocolClient {
  readThread(
    threadId: string,
    signal: AbortSignal,
  ): Promise<{ thread: ThreadRecord; items: Page<ShownItem> }>;
  listItems(
    threadId: string,
    page: Omit<Input<"items.list">, "thread_id">,
    signal: AbortSignal,
  ): Promise<Page<ShownItem>>;
  listThreads(params: Input<"threads.list">, signal: AbortSignal): Promise<Page<ThreadRecord>>;
  renameThread(threadId: string, title: string, signal: AbortSignal): Promise<ThreadRecord>;
  deleteThread(threadId: string, signal: AbortSignal): Promise<void>;
  /** Gives the item that takes the widget's place; null when the widget stays as it is. */
  actSync(params: Input<"threads.sync_custom_action">, signal: AbortSignal): Promise<ShownItem | null>;
  sendFeedback(params: Input<"items.feedback">, signal: AbortSignal): Promise<void>;
  /** Registers the file where the scheme asks for it, and sends its bytes. */
  upload(file: File, signal: AbortSignal, onProgress: UploadOptions["onProgress"]): Promise<Attachment>;
  deleteAttachment(attachmentId: string, signal: AbortSignal): Promise<void>;
  /** Gives the words of a recording. */
  transcribe(recording: Blob, signal: AbortSignal): Promise<string>;
  /** Resolves once the server has accepted the request. Aborting the signal asks the server to stop. */
  stream(request: StreamingRequest, signal: AbortSignal): Promise<AnswerStream>;
}

export function createProtocolClient(options: ProtocolClientOptions): ProtocolClient {
  return {
    readThread: async (threadId, signal) => {
      const answer = await askJson(
        { type: "threads.get_by_id", params: { thread_id: threadId }, metadata: {} },
        signal,
      );
      const thread = readThread(answer);
      const items = isRecord(answer) ? readPage(answer["items"], readItem) : null;
      if (thread === null || items === null) throw new SidekitChatError("malformed_answer");
      return { thread, items };
    },

    listItems: async (threadId, page, signal) => {
      const params = { thread_id: threadId, ...page };
      return known(readPage(await askJson({ type: "items.list", params, metadata: {} }, signal), readItem));
    },

    listThreads: async (params, signal) =>
      known(readPage(await askJson({ type: "threads.list", params, metadata: {} }, signal), readThread)),

    renameThread: async (threadId, title, signal) => {
      const params = { thread_id: threadId, title };
      return known(readThread(await askJson({ type: "threads.update", params, metadata: {} }, signal)));
    },

    deleteThread: async (threadId, signal) => {
      await askJson({ type: "threads.delete", params: { thread_id: threadId }, metadata: {} }, signal);
    },

    actSync: async (params, signal) => {
      const answer = await askJson({ type: "threads.sync_custom_action", params, metadata: {} }, signal);
      if (!isRecord(answer)) throw new SidekitChatError("malformed_answer");
      if (answer["updated_item"] === undefined || answer["updated_item"] === null) return null;
      return known(readItem(answer["updated_item"]));
    },

    sendFeedback: async (params, signal) => {
      await askJson({ type: "items.feedback", params, metadata: {} }, signal);
    },

    upload: (file, signal, onProgress) =>
      uploadFile(file, signal, {
        strategy: options.uploadStrategy,
        serverUrl: options.url,
        onProgress,
        fetch: (input, init) => (options.fetch ?? fetch)(input, init),
        register: ({ name, size, type }, registering) => {
          const params = { name, size, mime_type: type === "" ? "application/octet-stream" : type };
          return askJson({ type: "attachments.create", params, metadata: {} }, registering);
        },
        // What nobody uses, the server removes by itself, sooner or later.
        discard: (attachmentId) =>
          deleteAttachment(attachmentId, new AbortController().signal).catch(() => {}),
      }),

    deleteAttachment,

    transcribe: async (recording, signal) => {
      const params = { audio_base64: await base64Of(recording), mime_type: recording.type };
      const answer = await askJson(
        { type: "input.transcribe", params, metadata: {} },
        signal,
        dictationDeadlineMs,
      );
      if (!isRecord(answer) || typeof answer["text"] !== "string")
        throw new SidekitChatError("malformed_answer");
      return answer["text"];
    },

    stream: async (request, signal) => {
      const response = await post(request, "text/event-stream", signal);
      const type = response.headers.get("content-type") ?? "";
      if (response.body === null || !type.startsWith("text/event-stream")) {
        throw new SidekitChatError("malformed_answer");
      }
      const left = new AbortController();
      return {
        runId: response.headers.get("x-sidekit-run-id"),
        batches: readBatches(response.body, {
          signal,
          left: left.signal,
          onUnreadable: options.onUnreadable ?? (() => {}),
        }),
        leave: () => left.abort(),
      };
    },
  };

  async function deleteAttachment(attachmentId: string, signal: AbortSignal): Promise<void> {
    const params = { attachment_id: attachmentId };
    await askJson({ type: "attachments.delete", params, metadata: {} }, signal);
  }

  async function askJson(
    request: JsonRequest,
    caller: AbortSignal,
    deadlineMs = jsonDeadlineMs,
  ): Promise<unknown> {
    const deadline = AbortSignal.timeout(deadlineMs);
    try {
      const response = await post(request, "application/json", AbortSignal.any([caller, deadline]));
      return await response.json();
    } catch (error) {
      if (caller.aborted || error instanceof SidekitChatError) throw error;
      throw new SidekitChatError(deadline.aborted ? "timed_out" : "malformed_answer", { cause: error });
    }
  }

  async function post(
    request: JsonRequest | StreamingRequest,
    accept: string,
    signal: AbortSignal,
  ): Promise<Response> {
    // Taken off the options object first: the platform's fetch refuses to run as anyone's method.
    const send = options.fetch ?? fetch;
    let response: Response;
    try {
      response = await send(options.url, {
        method: "POST",
        headers: { "content-type": "application/json", accept, "accept-language": options.locale },
        body: JSON.stringify(request),
        signal,
      });
    } catch (error) {
      if (signal.aborted || error instanceof SidekitChatError) throw error;
      throw new SidekitChatError("unreachable", { cause: error });
    }
    if (!response.ok) throw new SidekitChatError("refused", { refusal: await readRefusal(response) });
    return response;
  }
}

function known<Answer>(answer: Answer | null): Answer {
  if (answer === null) throw new SidekitChatError("malformed_answer");
  return answer;
}

function base64Of(recording: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(String(reader.result).replace(/^.*?;base64,/, "")));
    reader.addEventListener("error", () => reject(reader.error));
    reader.readAsDataURL(recording);
  });
}
