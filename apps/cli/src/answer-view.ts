// Stream events to text: the answer as it comes, reasoning beside it, sources at the end.

import type { Annotation, AssistantContent, StreamEvent, Task, ThreadItem } from "@sidekit/chatkit/protocol";

import { type Output, printable } from "./output.ts";

export interface AnswerView {
  show(event: StreamEvent): void;
  /** Closes the last line and lists the sources of the answer. */
  finish(): void;
}

/** The answer goes to standard output, everything around it to standard error. Nothing shown can steer a terminal. */
export function createAnswerView(output: Output): AnswerView {
  const screen = createScreen(output);
  /** What has been shown already, by item and part. */
  const shown = new Map<string, string>();
  const sources: Annotation["source"][] = [];

  /** Shows what `text` has more than at the last time; all of it again when it has changed in front. */
  const grow = (key: string, text: string, write: (text: string) => void) => {
    const before = shown.get(key) ?? "";
    if (before !== "" && !text.startsWith(before)) screen.closeLine();
    write(text.startsWith(before) ? text.slice(before.length) : text);
    shown.set(key, text);
  };
  const showPart = (itemId: string, index: number, part: AssistantContent) => {
    const key = `${itemId} ${index}`;
    if (index > 0 && !shown.has(key)) screen.answer("\n\n");
    grow(key, part.text, screen.answer);
    for (const annotation of part.annotations) addSource(sources, annotation.source);
  };
  const showTask = (itemId: string, index: number, task: Task) => {
    const key = `${itemId} ${index}`;
    const { title, content } = wordsOf(task);
    if (title !== "" && shown.get(`${key} title`) !== title) {
      screen.closeLine();
      grow(`${key} title`, title, screen.aside);
      screen.closeLine();
    }
    if (content !== "" && !shown.has(key)) screen.closeLine();
    grow(key, content, screen.aside);
  };
  const showItem = (item: ThreadItem) => {
    switch (item.type) {
      case "assistant_message":
        for (const [index, part] of item.content.entries()) showPart(item.id, index, part);
        return;
      case "workflow":
        for (const [index, task] of item.workflow.tasks.entries()) showTask(item.id, index, task);
        return;
      case "task":
        showTask(item.id, 0, item.task);
        return;
      case "widget":
        grow(item.id, item.copy_text ?? "(A widget, which a terminal cannot show.)", screen.remark);
        return;
      case "generated_image":
        if (item.image !== undefined)
          grow(item.id, "(An image, which a terminal cannot show.)", screen.remark);
        return;
      case "structured_input":
        grow(item.id, item.inputs.map((input) => `? ${input.question}`).join("\n"), screen.remark);
        return;
      case "client_tool_call":
        grow(
          item.id,
          `(The answer wants the client tool ${item.name}, which a terminal does not have.)`,
          screen.remark,
        );
        return;
      case "user_message":
      case "end_of_turn":
        return;
    }
  };
  const showUpdate = ({ item_id: itemId, update }: Extract<StreamEvent, { type: "thread.item.updated" }>) => {
    switch (update.type) {
      case "assistant_message.content_part.added":
      case "assistant_message.content_part.done":
        showPart(itemId, update.content_index, update.content);
        return;
      case "assistant_message.content_part.text_delta": {
        const text = (shown.get(`${itemId} ${update.content_index}`) ?? "") + update.delta;
        showPart(itemId, update.content_index, { type: "output_text", text, annotations: [] });
        return;
      }
      case "assistant_message.content_part.annotation_added":
        addSource(sources, update.annotation.source);
        return;
      case "workflow.task.added":
      case "workflow.task.updated":
        showTask(itemId, update.task_index, update.task);
        return;
      case "widget.streaming_text.value_delta":
      case "widget.component.updated":
      case "widget.root.updated":
      case "generated_image.updated":
        return;
    }
  };

  return {
    show(event) {
      switch (event.type) {
        case "thread.item.added":
          if (event.item.type === "assistant_message" || event.item.type === "workflow") showItem(event.item);
          return;
        case "thread.item.updated":
          showUpdate(event);
          return;
        case "thread.item.done":
        case "thread.item.replaced":
          showItem(event.item);
          if (event.item.type !== "user_message") screen.closeLine();
          return;
        case "progress_update":
          screen.remark(`${event.text} …`);
          return;
        case "notice":
          screen.remark([event.title, event.message].filter((text) => text !== undefined).join(": "));
          return;
        case "thread.item.removed":
          if (shown.has(`${event.item_id} 0`)) screen.remark("(What stands above has been withdrawn.)");
          return;
        case "thread.created":
        case "thread.updated":
        case "stream_options":
        case "client_effect":
        case "error":
          return;
      }
    },
    finish() {
      screen.closeLine();
      if (sources.length === 0) return;
      screen.answer(
        `\nSources:\n${sources.map((source, index) => `  ${index + 1}. ${sourceLine(source)}\n`).join("")}`,
      );
    },
  };
}

/** The last words of a thread, oldest first. */
export function showItems(output: Output, items: readonly ThreadItem[]): void {
  const view = createAnswerView(output);
  for (const item of items) {
    if (item.type === "user_message") {
      const text = item.content.map((part) => part.text).join("");
      output.result(`\n${printable(`› ${text}`)}\n\n`);
    } else {
      view.show({ type: "thread.item.done", item });
    }
  }
  view.finish();
}

/** Keeps the two streams on lines of their own where they meet on one screen. */
function createScreen(output: Output) {
  let open: "none" | "answer" | "aside" = "none";
  let gapDue = false;
  const closeLine = () => {
    if (open === "answer") output.result("\n");
    if (open === "aside") output.note("\n");
    open = "none";
  };
  const aside = (text: string) => {
    if (text === "") return;
    if (open === "answer" && output.oneScreen) closeLine();
    output.note(
      output.noteStyle.dim(printable(open === "aside" ? text : `· ${text}`).replaceAll("\n", "\n  ")),
    );
    open = "aside";
    gapDue = output.oneScreen;
  };
  return {
    closeLine,
    aside,
    answer(text: string) {
      if (text === "") return;
      if (open === "aside") closeLine();
      if (gapDue) output.note("\n");
      gapDue = false;
      output.result(printable(text));
      open = text.endsWith("\n") ? "none" : "answer";
    },
    /** A line of its own beside the answer. */
    remark(text: string) {
      if (text === "") return;
      if (open === "aside" || output.oneScreen) closeLine();
      const before = open;
      output.note(`${output.noteStyle.dim(printable(`· ${text}`).replaceAll("\n", "\n  "))}\n`);
      open = before;
      gapDue = output.oneScreen;
    },
  };
}

function wordsOf(task: Task): { title: string; content: string } {
  switch (task.type) {
    case "thought":
      return { title: task.title ?? "", content: task.content };
    case "custom":
      return { title: task.title ?? "", content: task.content ?? "" };
    case "web_search":
      return { title: task.title ?? task.title_query ?? "", content: task.queries.join("\n") };
    case "file":
      return { title: task.title ?? "", content: task.sources.map((source) => source.filename).join("\n") };
    case "image":
      return { title: task.title ?? "", content: "" };
  }
}

function addSource(sources: Annotation["source"][], source: Annotation["source"]): void {
  if (!sources.some((known) => sourceLine(known) === sourceLine(source))) sources.push(source);
}

function sourceLine(source: Annotation["source"]): string {
  switch (source.type) {
    case "url":
      return `${source.title} — ${source.url}`;
    case "file":
      return `${source.title} — ${source.filename}`;
    case "entity":
      return source.title;
  }
}
