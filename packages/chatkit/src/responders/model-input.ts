// Thread items as the input of a model behind the Responses API (protocol 10.6).
//
// Whatever comes from users, tools or the server's hidden notes has the role `user` (S111): the developer's words
// travel in `instructions` alone.

import type {
  Attachment,
  HiddenContextItem,
  StoredItem,
  Task,
  UserContent,
  UserMessageItem,
} from "../protocol/index.ts";

export type Tag = Extract<UserContent, { type: "input_tag" }>;

export type ModelInputItem =
  | { type: "message"; role: "user"; content: UserPart[] }
  | { type: "message"; role: "assistant"; content: { type: "output_text"; text: string; annotations: [] }[] }
  | { type: "function_call"; call_id: string; name: string; arguments: string }
  | { type: "function_call_output"; call_id: string; output: string };

export type UserPart =
  | { type: "input_text"; text: string }
  | { type: "input_image"; image_url: string; detail: "auto" }
  | { type: "input_file"; filename: string; file_data: string };

/** What only the application can say. Without the hook, an item that needs it throws TypeError. */
export interface ModelInputHooks {
  readonly tag?: (tag: Tag) => UserPart | Promise<UserPart>;
  readonly attachment?: (attachment: Attachment) => UserPart | Promise<UserPart>;
  /** For hidden context that is not text. */
  readonly hiddenContext?: (item: HiddenContextItem) => ModelInputItem | Promise<ModelInputItem>;
}

/** Converts items, oldest first. A quote goes along with the last item only. */
export async function modelInput(
  items: readonly StoredItem[],
  hooks: ModelInputHooks = {},
): Promise<ModelInputItem[]> {
  const input: ModelInputItem[] = [];
  for (const [index, item] of items.entries()) {
    input.push(...(await itemInput(item, index === items.length - 1, hooks)));
  }
  return input;
}

/** What one item amounts to; nothing for one that no model needs to know of. */
export async function itemInput(
  item: StoredItem,
  isLast: boolean,
  hooks: ModelInputHooks,
): Promise<ModelInputItem[]> {
  switch (item.type) {
    case "user_message":
      return userMessage(item, isLast, hooks);
    case "assistant_message":
      return [
        {
          type: "message",
          role: "assistant",
          content: item.content.map((part) => ({ type: "output_text", text: part.text, annotations: [] })),
        },
      ];
    case "client_tool_call":
      if (item.status === "pending") return [];
      return [
        {
          type: "function_call",
          call_id: item.call_id,
          name: item.name,
          arguments: JSON.stringify(item.arguments),
        },
        { type: "function_call_output", call_id: item.call_id, output: JSON.stringify(item.output ?? null) },
      ];
    case "widget":
      return [
        note(`The user was shown a widget (item ${item.id}):`, JSON.stringify(item.widget, withoutNull)),
      ];
    case "generated_image":
      if (!item.image) return [];
      return [
        {
          type: "message",
          role: "user",
          content: [
            textPart("You made this image for the user:"),
            { type: "input_image", image_url: item.image.url, detail: "auto" },
          ],
        },
      ];
    case "structured_input":
      return [
        note(
          `The user was asked for input; it is ${item.status}.`,
          tagged(
            "StructuredInput",
            item.inputs.map((input) => `${input.question}: ${answerOf(input.answer)}`).join("\n"),
          ),
        ),
      ];
    case "workflow":
      return item.workflow.tasks.flatMap(taskNote);
    case "task":
      return taskNote(item.task);
    case "hidden_context_item":
      if (typeof item.content === "string") return [hiddenNote(item.content)];
      if (!hooks.hiddenContext) throw new TypeError("there is no rule for hidden context that is not text");
      return [await hooks.hiddenContext(item)];
    case "sdk_hidden_context":
      return [hiddenNote(item.content)];
    case "end_of_turn":
      return [];
    default:
      return item satisfies never;
  }
}

export function hiddenNote(content: string): ModelInputItem {
  return note("The following is for you and is not shown to the user.", tagged("HiddenContext", content));
}

export function textPart(text: string): UserPart {
  return { type: "input_text", text };
}

export function tagged(tag: string, content: string): string {
  return `<${tag}>\n${content}\n</${tag}>`;
}

async function userMessage(
  item: UserMessageItem,
  isLast: boolean,
  hooks: ModelInputHooks,
): Promise<ModelInputItem[]> {
  const text = item.content
    .map((part) => (part.type === "input_text" ? part.text : `@${part.text}`))
    .join("");
  const content = [textPart(text)];
  for (const attachment of item.attachments) {
    if (!hooks.attachment) throw new TypeError("there is no rule for attachments");
    content.push(await hooks.attachment(attachment));
  }
  const input: ModelInputItem[] = [{ type: "message", role: "user", content }];
  if (item.quoted_text && isLast) input.push(note("The user refers to this text:", item.quoted_text));

  const tags = distinctTags(item.content);
  if (tags.length > 0) {
    const context = [
      textPart("Words above that begin with @ mention the following. Use the names without the @."),
    ];
    for (const tag of tags) {
      if (!hooks.tag) throw new TypeError("there is no rule for tags");
      context.push(await hooks.tag(tag));
    }
    input.push({ type: "message", role: "user", content: context });
  }
  return input;
}

function distinctTags(content: readonly UserContent[]): Tag[] {
  const byText = new Map<string, Tag>();
  for (const part of content) {
    if (part.type === "input_tag" && !byText.has(part.text)) byText.set(part.text, part);
  }
  return [...byText.values()];
}

function taskNote(task: Task): ModelInputItem[] {
  if (task.type !== "custom") return [];
  const text = [task.title, task.content].filter(Boolean).join(": ");
  return text ? [note("The user was shown that this task was carried out:", tagged("Task", text))] : [];
}

function answerOf(answer: { values: string[]; skipped: boolean } | undefined): string {
  if (!answer) return "unanswered";
  return answer.skipped ? "skipped" : answer.values.join(", ");
}

function note(introduction: string, content: string): ModelInputItem {
  return { type: "message", role: "user", content: [textPart(`${introduction}\n${content}`)] };
}

/** A member of a tree that was never set says nothing. */
function withoutNull(_key: string, value: unknown): unknown {
  return value === null ? undefined : value;
}
