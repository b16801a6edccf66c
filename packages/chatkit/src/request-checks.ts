// Is this a request that we serve, and within bounds? Everything that can be told from the request alone.

import { ChatKitError } from "./errors.ts";
import type { TurnProfile } from "./ports.ts";
import type { UserContent } from "./protocol/items.ts";
import type { Json } from "./protocol/json.ts";
import {
  type ChatKitRequest,
  chatKitRequestSchema,
  isStreamingType,
  requestTypes,
  type StreamingRequest,
  type UserInput,
} from "./protocol/requests.ts";

/** S103, in bytes of UTF-8 where it says bytes. */
const maxMessageBytes = 65_536;
const maxQuoteBytes = 16_384;
const maxTags = 50;
const maxTagDataBytes = 4_096;
const maxMetadataBytes = 4_096;
const maxTitleChars = 256;
const maxActionBytes = 16_384;
const maxOutputBytes = 262_144;
const maxFeedbackItems = 100;
/** L40. */
const maxAttachments = 10;
/** L7. The edge refuses such JSON before it parses it; callers in the same process have no edge. */
const maxDepth = 32;

/** Throws the reason of the first thing that is wrong. */
export function parseRequest(given: unknown, offers: TurnProfile["offers"]): ChatKitRequest {
  checkText(given);
  const type = typeof given === "object" && given !== null && "type" in given ? given.type : undefined;
  if (typeof type !== "string") throw new ChatKitError("invalid_request");
  if (!requestTypes.some((known) => known === type)) {
    throw new ChatKitError("unsupported_request");
  }
  const parsed = chatKitRequestSchema.safeParse(given);
  if (!parsed.success) throw new ChatKitError("invalid_request", { cause: parsed.error });
  checkBounds(parsed.data, offers);
  return parsed.data;
}

/** Whether the request is answered with events. */
export function isStreaming(request: ChatKitRequest): request is StreamingRequest {
  return isStreamingType(request.type);
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

function checkBounds(request: ChatKitRequest, offers: TurnProfile["offers"]): void {
  if (jsonBytes(request.metadata) > maxMetadataBytes) throw new ChatKitError("metadata_too_large");
  switch (request.type) {
    case "threads.create":
    case "threads.add_user_message":
      checkInput(request.params.input, offers);
      return;
    case "threads.add_client_tool_output":
      if (jsonBytes(request.params.result) > maxOutputBytes) throw new ChatKitError("output_too_large");
      return;
    case "threads.add_structured_input":
      if (jsonBytes(request.params.input) > maxMessageBytes) throw new ChatKitError("message_too_long");
      return;
    case "threads.custom_action":
    case "threads.sync_custom_action":
      if (jsonBytes(request.params.action) > maxActionBytes) throw new ChatKitError("action_too_large");
      return;
    case "threads.update":
      if (charsOf(request.params.title) > maxTitleChars) throw new ChatKitError("title_too_long");
      return;
    case "items.feedback":
      if (request.params.item_ids.length > maxFeedbackItems) throw new ChatKitError("too_many_items");
      return;
    // The rest is bounded where it is used: names and sizes of files, recordings, pages.
    case "threads.retry_after_item":
    case "threads.get_by_id":
    case "threads.list":
    case "threads.delete":
    case "items.list":
    case "attachments.create":
    case "attachments.delete":
    case "input.transcribe":
      return;
    default:
      request satisfies never;
  }
}

function checkInput(input: UserInput, offers: TurnProfile["offers"]): void {
  const tags = input.content.filter((part) => part.type === "input_tag");
  if (tags.length > maxTags) throw new ChatKitError("too_many_tags");
  if (tags.some((tag) => jsonBytes(tag.data) > maxTagDataBytes)) throw new ChatKitError("tag_too_large");
  const bytes = input.content.reduce((sum, part) => sum + textBytes(part), 0);
  if (bytes > maxMessageBytes) throw new ChatKitError("message_too_long");
  if (Buffer.byteLength(input.quoted_text ?? "") > maxQuoteBytes) throw new ChatKitError("quote_too_long");
  if (input.attachments.length > maxAttachments) throw new ChatKitError("too_many_attachments");
  if (isBlank(input)) throw new ChatKitError("empty_message");
  // S74: a profile says which models and tools may be chosen.
  const { model, tool_choice: tool } = input.inference_options;
  if (model !== undefined && !offers.models.includes(model)) throw new ChatKitError("model_not_offered");
  if (tool !== undefined && !offers.tools.includes(tool.id)) throw new ChatKitError("model_not_offered");
}

/** No parts at all is a message of the protocol; parts that say nothing are a slip of the user. */
function isBlank({ content, attachments }: UserInput): boolean {
  if (content.length === 0 || attachments.length > 0) return false;
  return content.every((part) => part.type === "input_text" && part.text.trim() === "");
}

function textBytes(part: UserContent): number {
  const tagWords = part.type === "input_tag" ? part.id + (part.group ?? "") : "";
  return Buffer.byteLength(part.text) + Buffer.byteLength(tagWords);
}

/** As people count them: one for what takes two UTF-16 code units. */
function charsOf(text: string): number {
  let chars = 0;
  for (const _ of text) chars++;
  return chars;
}

function jsonBytes(value: Json | object): number {
  return Buffer.byteLength(JSON.stringify(value));
}
