// Speech to text with the upstream's audio API.

import { type OpenAI, toFile } from "openai";
import { z } from "zod";

import { ChatKitError } from "../errors.ts";
import type { CallContext, Dictation } from "../ports.ts";
import { isUpstreamFailure, malformed, plainFailure, type UpstreamFailure } from "./upstream-failures.ts";
import { type AskKey, sendUpstream } from "./upstream-request.ts";

/** More text than ten megabytes of speech hold. */
const maxReplyBytes = 1_048_576;

/** The upstream tells formats apart by the end of the file's name. */
const extensions: Readonly<Record<string, string>> = {
  "audio/webm": "webm",
  "audio/ogg": "ogg",
  "audio/mp4": "mp4",
};

const replySchema = z.object({ text: z.string() });

export interface TranscriptionOptions {
  readonly client: OpenAI;
  readonly apiKey: AskKey;
  readonly model: string;
  /** For the whole, retries included. */
  readonly deadlineMs: number;
  readonly maxRetries: number;
  readonly retryBaseMs: number;
  /** For finding the request again at the upstream. */
  readonly requestId: string;
  /** `attempts` is 0 when no attempt came to an end. */
  readonly onFailure: (failure: UpstreamFailure, attempts: number) => void;
}

/**
 * What was said. Rejects with ChatKitError `upstream_*`, none of which holds a word of the upstream's; with
 * `upstream_timeout` at the deadline; and with the reason of the context's signal.
 */
export async function transcribe(
  options: TranscriptionOptions,
  context: CallContext,
  dictation: Dictation,
): Promise<string> {
  const { client, model, deadlineMs } = options;
  const deadline = AbortSignal.timeout(deadlineMs);
  const signal = AbortSignal.any([context.signal, deadline]);
  const endsAtMs = performance.now() + deadlineMs;
  let attempts = 0;
  let failure: UpstreamFailure | null = null;
  try {
    const { bytes, mediaType } = dictation;
    const file = await toFile(bytes, `speech.${extensions[mediaType] ?? "webm"}`, { type: mediaType });
    const reply = await sendUpstream(
      {
        send: (headers, within) =>
          client.audio.transcriptions
            .create({ file, model, response_format: "json" }, { headers, signal: within })
            .asResponse(),
        requestId: options.requestId,
        apiKey: options.apiKey,
        maxRetries: options.maxRetries,
        retryBaseMs: options.retryBaseMs,
        remainingMs: () => endsAtMs - performance.now(),
      },
      signal,
    );
    attempts = reply.attempts;
    if (reply.kind === "answered") return await textOf(reply.response);
    failure = reply.failure;
    throw new ChatKitError(failure.code);
  } catch (error) {
    context.signal.throwIfAborted();
    const thrown = deadline.aborted ? new ChatKitError("upstream_timeout") : asUpstreamError(error);
    if (isUpstreamFailure(thrown.reason)) options.onFailure(failure ?? plainFailure(thrown.reason), attempts);
    throw thrown;
  }
}

function asUpstreamError(error: unknown): ChatKitError {
  return error instanceof ChatKitError ? error : new ChatKitError("upstream_unavailable", { cause: error });
}

async function textOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk);
    bytes += chunk.byteLength;
    if (bytes > maxReplyBytes) throw malformed("transcription too large");
  }
  const parsed = replySchema.safeParse(jsonOf(Buffer.concat(chunks).toString()));
  if (!parsed.success) throw malformed("transcription without text");
  return parsed.data.text;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes what it was given.
    return null;
  }
}
