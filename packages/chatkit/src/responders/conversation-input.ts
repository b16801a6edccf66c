// What the responder tells the model of a conversation: as much of it as fits, with the bytes of attachments.

import { ChatKitError } from "../errors.ts";
import type { Turn } from "../ports.ts";
import type { Attachment } from "../protocol/index.ts";
import {
  hiddenNote,
  itemInput,
  type ModelInputHooks,
  type ModelInputItem,
  tagged,
  textPart,
  type UserPart,
} from "./model-input.ts";
import { isKeptRun } from "./openai-agents/kept-runs.ts";

/** Items of the thread that the model is told about, at most. */
const historyItems = 50;

/** An older item is left out once the newer ones hold this much text: about 100,000 tokens. */
const maxTextCharacters = 400_000;

/** Of all attachments together; the upstream takes requests of up to 50 MB, and base64 adds a third. */
const maxAttachmentBytes = 20 * 1024 * 1024;

/** What the model is shown as images; everything else goes as a file. */
const imageTypes = new Set(["image/png", "image/jpeg", "image/webp", "image/gif"]);

/**
 * The newest items of the thread, oldest first. The newest is always there; older ones as far back as the text stays
 * below 400,000 characters. Of attachments the newest 20 MiB travel along; others are only named.
 */
export async function conversationInput(
  turn: Pick<Turn, "history" | "readAttachment">,
): Promise<ModelInputItem[]> {
  // An agent's run that waits for an approval is no news for another model, and may be long.
  const items = (await turn.history(historyItems)).filter((item) => !isKeptRun(item));
  const hooks = createHooks(turn);
  const groups: ModelInputItem[][] = [];
  let characters = 0;
  for (const [age, item] of items.toReversed().entries()) {
    const group = await itemInput(item, age === 0, hooks);
    characters += textLength(group);
    if (characters > maxTextCharacters && age > 0) break;
    groups.push(group);
  }
  return groups.toReversed().flat();
}

function createHooks(turn: Pick<Turn, "readAttachment">): ModelInputHooks {
  let attachmentBytes = 0;
  return {
    tag: ({ text: name, id, group, data }) =>
      textPart(tagged("Tag", JSON.stringify({ name, id, group, data }))),
    hiddenContext: (item) => hiddenNote(JSON.stringify(item.content)),
    async attachment(attachment) {
      const bytes = await bytesOf(attachment);
      if (bytes === null) return named(attachment, "is no longer there");
      attachmentBytes += bytes.byteLength;
      if (attachmentBytes > maxAttachmentBytes) return named(attachment, "is too large to go along");
      return attachmentPart(attachment, bytes);
    },
  };

  async function bytesOf(attachment: Attachment): Promise<Uint8Array | null> {
    // Once the room is used up there is nothing to be read for.
    if (attachmentBytes > maxAttachmentBytes) return new Uint8Array();
    try {
      return await turn.readAttachment(attachment.id);
    } catch (error) {
      if (error instanceof ChatKitError && error.reason === "not_found") return null;
      throw error;
    }
  }
}

function attachmentPart(attachment: Attachment, bytes: Uint8Array): UserPart {
  const base64 = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
  const mediaType = attachment.mime_type.toLowerCase();
  const dataUrl = `data:${mediaType};base64,${base64}`;
  return imageTypes.has(mediaType)
    ? { type: "input_image", image_url: dataUrl, detail: "auto" }
    : { type: "input_file", filename: attachment.name, file_data: dataUrl };
}

function named(attachment: Attachment, what: string): UserPart {
  return textPart(tagged("Attachment", `The file ${JSON.stringify(attachment.name)} ${what}.`));
}

function textLength(input: readonly ModelInputItem[]): number {
  return input.reduce((sum, item) => {
    switch (item.type) {
      case "message":
        return sum + item.content.reduce((all, part) => all + ("text" in part ? part.text.length : 0), 0);
      case "function_call":
        return sum + item.arguments.length;
      case "function_call_output":
        return sum + item.output.length;
      default:
        return item satisfies never;
    }
  }, 0);
}
