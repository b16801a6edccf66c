// Thread items as the input of a model behind the Responses API.
//
// Whatever comes from users, tools or the server's hidden notes has the role `user` (S111): the developer's words
// travel in `instructions` alone.

import type { StoredItem, Task, UserContent, UserMessageItem } from "../protocol/index.ts";

/** An older item is left out once the newer ones hold this much: about 100,000 tokens. */
const maxInputCharacters = 400_000;

export type ModelInputItem =
  | { type: "message"; role: "user"; content: UserPart[] }
  | { type: "message"; role: "assistant"; content: { type: "output_text"; text: string; annotations: [] }[] }
  | { type: "function_call"; call_id: string; name: string; arguments: string }
  | { type: "function_call_output"; call_id: string; output: string };

export type UserPart =
  | { type: "input_text"; text: string }
  | { type: "input_image"; image_url: string; detail: "auto" };

/**
 * Converts items, oldest first. The newest item is always converted; older ones as far back as the input stays
 * below 400,000 characters.
 */
export function modelInput(items: readonly StoredItem[]): ModelInputItem[] {
  const groups: ModelInputItem[][] = [];
  let characters = 0;
  for (const item of items.toReversed()) {
    const group = convert(item, groups.length === 0);
    characters += JSON.stringify(group).length;
    if (characters > maxInputCharacters && groups.length > 0) break;
    groups.push(group);
  }
  return groups.toReversed().flat();
}

function convert(item: StoredItem, newest: boolean): ModelInputItem[] {
  switch (item.type) {
    case "user_message":
      return userMessage(item, newest);
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
      return [note(`The user was shown a widget (item ${item.id}):`, JSON.stringify(item.widget))];
    case "generated_image":
      if (!item.image) return [];
      return [
        {
          type: "message",
          role: "user",
          content: [
            { type: "input_text", text: "You made this image for the user:" },
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
      return [hiddenNote(typeof item.content === "string" ? item.content : JSON.stringify(item.content))];
    case "sdk_hidden_context":
      return [hiddenNote(item.content)];
    case "end_of_turn":
      return [];
    default:
      return item satisfies never;
  }
}

function userMessage(item: UserMessageItem, newest: boolean): ModelInputItem[] {
  // Nothing stores a message with attachments before a store for their bytes exists.
  if (item.attachments.length > 0) throw new Error("this model input has no rule for attachments");
  const text = item.content
    .map((part) => (part.type === "input_text" ? part.text : `@${part.text}`))
    .join("");
  const input: ModelInputItem[] = [{ type: "message", role: "user", content: [textPart(text)] }];
  if (item.quoted_text && newest) input.push(note("The user refers to this text:", item.quoted_text));

  const tags = distinctTags(item.content);
  if (tags.length > 0) {
    input.push({
      type: "message",
      role: "user",
      content: [
        textPart("Words above that begin with @ mention the following. Use the names without the @."),
        ...tags.map((tag) => {
          const { text: name, id, group, data } = tag;
          return textPart(tagged("Tag", JSON.stringify({ name, id, group, data })));
        }),
      ],
    });
  }
  return input;
}

function distinctTags(content: readonly UserContent[]): Extract<UserContent, { type: "input_tag" }>[] {
  const byText = new Map<string, Extract<UserContent, { type: "input_tag" }>>();
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

function hiddenNote(content: string): ModelInputItem {
  return note("The following is for you and is not shown to the user.", tagged("HiddenContext", content));
}

function note(introduction: string, content: string): ModelInputItem {
  return { type: "message", role: "user", content: [textPart(`${introduction}\n${content}`)] };
}

function tagged(tag: string, content: string): string {
  return `<${tag}>\n${content}\n</${tag}>`;
}

function textPart(text: string): UserPart {
  return { type: "input_text", text };
}
