// What a profile says about files, held up to every request before the ChatKit server sees it.

import { ChatKitError, type ChatKitCaller, type ChatKitServer } from "@sidekit/chatkit";
import { z } from "zod";

import type { ProfileConfig } from "./config.ts";

/** As settings count. */
export const megabyte = 1_048_576;
const tooMany = "The message has more attachments than this chat takes.";

/** Only what decides; whether the rest is right is for the server to say. */
const registration = z.looseObject({
  type: z.literal("attachments.create"),
  params: z.looseObject({ size: z.number() }),
});
const message = z.looseObject({
  params: z.looseObject({ input: z.looseObject({ attachments: z.array(z.unknown()) }) }),
});

export type FileUpload = ProfileConfig["fileUpload"];

/** The server, where a profile that takes no files refuses to register them, and the others keep to their limits. */
export function withFileLimits(
  server: ChatKitServer,
  fileUploadOf: (caller: ChatKitCaller) => FileUpload,
): ChatKitServer {
  return {
    ...server,
    async handle(caller, request, signal, options) {
      const limits = fileUploadOf(caller);
      const wish = registration.safeParse(request);
      if (wish.success) assertFileTaken(limits, wish.data.params.size);
      const sent = message.safeParse(request);
      if (sent.success) assertCountTaken(limits, sent.data.params.input.attachments.length);
      return server.handle(caller, request, signal, options);
    },
  };
}

/** Throws ChatKitError when the profile takes no files, or none of this size. */
export function assertFileTaken(limits: FileUpload, bytes: number): void {
  if (!limits.enabled) throw new ChatKitError("not_configured");
  if (bytes > maxFileBytes(limits)) throw new ChatKitError("attachment_too_large");
}

export function maxFileBytes(limits: FileUpload): number {
  return limits.maxFileSizeMb * megabyte;
}

function assertCountTaken(limits: FileUpload, count: number): void {
  if (count === 0) return;
  // Where no files are taken, none are there, whichever another profile has taken.
  if (!limits.enabled) throw new ChatKitError("not_found");
  if (count > limits.maxFiles) throw new ChatKitError("too_many_attachments", { message: tooMany });
}
