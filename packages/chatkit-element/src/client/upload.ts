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
  /** Sends `attachments.create`. */
  readonly register: (file: File, signal: AbortSignal) => Promise<unknown>;
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
    const descriptor = isRecord(registered) ? registered["upload_descriptor"] : null;
    if (!isRecord(descriptor) || typeof descriptor["url"] !== "string")
      throw new SidekitChatError("malformed_answer");
    const headers = isRecord(descriptor["headers"]) ? descriptor["headers"] : {};
    const isPut = descriptor["method"] === "PUT";
    const uploaded = await fetch(descriptor["url"], {
      method: isPut ? "PUT" : "POST",
      headers: Object.entries(headers).flatMap(([name, value]): [string, string][] =>
        typeof value === "string" ? [[name, value]] : [],
      ),
      body: isPut ? file : formWith(file),
      credentials: "omit",
      signal,
    });
    await refuseFailure(uploaded);
    await uploaded.body?.cancel();
    return attachment;
  } catch (error) {
    if (caller.aborted || error instanceof SidekitChatError) throw error;
    throw new SidekitChatError(deadline.aborted ? "timed_out" : "unreachable", { cause: error });
  }
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
