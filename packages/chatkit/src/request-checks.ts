// Is this a request that we serve, and within bounds? Everything that can be told from the request alone.

import { ChatKitError, unsupportedRequest } from "./errors.ts";
import type { UserContent } from "./protocol/items.ts";
import { type ChatKitRequest, chatKitRequestSchema, type UserInput } from "./protocol/requests.ts";

/** S103, in bytes of UTF-8 where it says bytes. */
const maxMessageBytes = 65_536;
const maxQuoteBytes = 16_384;
const maxTags = 50;
const maxTagDataBytes = 4_096;
const maxMetadataBytes = 4_096;
const maxTitleChars = 256;
/** L7. The edge refuses such JSON before it parses it; callers in the same process have no edge. */
const maxDepth = 32;

const servedTypes = [
  "threads.create",
  "threads.add_user_message",
  "threads.get_by_id",
  "threads.list",
  "threads.update",
  "threads.delete",
  "items.list",
] as const satisfies ChatKitRequest["type"][];

/** The requests that this server answers. */
export type ServedRequest = Extract<ChatKitRequest, { type: (typeof servedTypes)[number] }>;

/** Throws the reason of the first thing that is wrong. */
export function parseRequest(given: unknown): ServedRequest {
  checkText(given);
  const type = typeof given === "object" && given !== null && "type" in given ? given.type : undefined;
  if (typeof type !== "string") throw new ChatKitError("invalid_request");
  if (!servedTypes.some((served) => served === type)) throw unsupportedRequest(type);
  const parsed = chatKitRequestSchema.safeParse(given);
  if (!parsed.success) throw new ChatKitError("invalid_request", { cause: parsed.error });
  if (!isServed(parsed.data)) throw unsupportedRequest(type);
  checkBounds(parsed.data);
  return parsed.data;
}

function isServed(request: ChatKitRequest): request is ServedRequest {
  return servedTypes.some((served) => served === request.type);
}

/** S84: every string and every name is well-formed and without NUL. */
function checkText(given: unknown): void {
  const pending: { value: unknown; depth: number }[] = [{ value: given, depth: 1 }];
  for (let entry = pending.pop(); entry !== undefined; entry = pending.pop()) {
    const { value, depth } = entry;
    if (typeof value === "string") {
      if (!isCleanText(value)) throw new ChatKitError("text_malformed");
    } else if (typeof value === "object" && value !== null) {
      if (depth > maxDepth) throw new ChatKitError("invalid_request");
      for (const [name, member] of Object.entries(value)) {
        if (!isCleanText(name)) throw new ChatKitError("text_malformed");
        pending.push({ value: member, depth: depth + 1 });
      }
    }
  }
}

function isCleanText(text: string): boolean {
  return text.isWellFormed() && !text.includes("\0");
}

function checkBounds(request: ServedRequest): void {
  if (jsonBytes(request.metadata) > maxMetadataBytes) throw new ChatKitError("metadata_too_large");
  switch (request.type) {
    case "threads.create":
    case "threads.add_user_message":
      checkInput(request.params.input);
      return;
    case "threads.update":
      if (request.params.title.length > maxTitleChars) throw new ChatKitError("title_too_long");
      return;
    case "threads.get_by_id":
    case "threads.list":
    case "threads.delete":
    case "items.list":
      return;
    default:
      request satisfies never;
  }
}

function checkInput(input: UserInput): void {
  const tags = input.content.filter((part) => part.type === "input_tag");
  if (tags.length > maxTags) throw new ChatKitError("too_many_tags");
  if (tags.some((tag) => jsonBytes(tag.data) > maxTagDataBytes)) throw new ChatKitError("tag_too_large");
  const bytes = input.content.reduce((sum, part) => sum + textBytes(part), 0);
  if (bytes > maxMessageBytes) throw new ChatKitError("message_too_long");
  if (Buffer.byteLength(input.quoted_text ?? "") > maxQuoteBytes) throw new ChatKitError("quote_too_long");
  // No attachment has been uploaded that could be named here.
  if (input.attachments.length > 0) throw new ChatKitError("not_found");
  if (tags.length === 0 && input.content.every((part) => part.text.trim() === "")) {
    throw new ChatKitError("empty_message");
  }
  // S74: a profile says which model answers; none are offered for choice.
  const { model, tool_choice } = input.inference_options;
  if (model !== undefined || tool_choice !== undefined) throw new ChatKitError("model_not_offered");
}

function textBytes(part: UserContent): number {
  const tagWords = part.type === "input_tag" ? part.id + (part.group ?? "") : "";
  return Buffer.byteLength(part.text) + Buffer.byteLength(tagWords);
}

function jsonBytes(value: object): number {
  return Buffer.byteLength(JSON.stringify(value));
}
