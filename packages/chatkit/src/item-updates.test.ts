import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { ChatKitError } from "./errors.ts";
import { applyUpdate } from "./item-updates.ts";
import type { ItemUpdate } from "./protocol/events.ts";
import { type Annotation, annotationSchema } from "./protocol/sources.ts";
import { type AssistantMessageItem, storedItemSchema } from "./protocol/items.ts";
import { decodeItem, encodeItem } from "./thread-stores/item-codec.ts";
import { createUnfinishedItems } from "./unfinished-items.ts";

const common = { id: "msg_1", thread_id: "thr_1", created_at: "2026-01-02T03:04:05Z" };

describe("updates of a message", () => {
  test("text is appended; parts that were never begun are filled in empty", () => {
    const item = message();
    apply(item, { type: "assistant_message.content_part.text_delta", content_index: 2, delta: "a" });
    apply(item, { type: "assistant_message.content_part.text_delta", content_index: 2, delta: "b" });
    expect(item.content.map((part) => part.text)).toEqual(["", "", "ab"]);
  });

  test("an annotation goes to its place, or to the end", () => {
    const item = message();
    for (const [at, title] of [
      [0, "b"],
      [0, "a"],
      [7, "c"],
    ] as const) {
      apply(item, {
        type: "assistant_message.content_part.annotation_added",
        content_index: 0,
        annotation_index: at,
        annotation: cite(title),
      });
    }
    expect(item.content[0]?.annotations.map((annotation) => annotation.source.title)).toEqual([
      "a",
      "b",
      "c",
    ]);
  });

  test("a part that is done replaces what was streamed, but not the annotations if it has none", () => {
    const item = message();
    const annotation = cite("a");
    apply(item, {
      type: "assistant_message.content_part.annotation_added",
      content_index: 0,
      annotation_index: 0,
      annotation,
    });
    apply(item, done("final"));
    expect(item.content).toEqual([{ type: "output_text", text: "final", annotations: [annotation] }]);
    apply(item, done("other", [cite("b")]));
    expect(item.content[0]?.annotations).toEqual([cite("b")]);
  });

  test("an absurd part number is refused before memory is filled", () => {
    const delta = {
      type: "assistant_message.content_part.text_delta",
      content_index: 1_000,
      delta: "x",
    } as const;
    expect(() => apply(message(), delta)).toThrow(ChatKitError);
  });
});

test("updates of workflows and images; a task number out of range changes nothing", () => {
  const task = { type: "thought", content: "hm", status_indicator: "none" } as const;
  const item = storedItemSchema.parse({
    ...common,
    type: "workflow",
    workflow: { type: "reasoning", tasks: [] },
  });
  applyUpdate(item, { type: "workflow.task.added", task_index: 5, task });
  applyUpdate(item, { type: "workflow.task.updated", task_index: 0, task: { ...task, content: "aha" } });
  applyUpdate(item, { type: "workflow.task.updated", task_index: 1, task });
  expect(item).toMatchObject({ workflow: { tasks: [{ content: "aha" }] } });

  const picture = storedItemSchema.parse({ ...common, type: "generated_image" });
  applyUpdate(picture, { type: "generated_image.updated", image: { id: "i", url: "data:" }, progress: 0.5 });
  expect(picture).toMatchObject({ image: { id: "i" } });
});

test("an update that does not suit the item's kind changes nothing", () => {
  const item = message();
  applyUpdate(item, { type: "generated_image.updated", image: { id: "i", url: "data:" } });
  applyUpdate(item, { type: "widget.root.updated", widget: { type: "Card" } });
  expect(item).toEqual(message());
});

test("after any sequence of valid updates what is kept can be stored and read, and has text to show", () => {
  const anyUpdate = fc.oneof(
    fc.record({
      type: fc.constant("assistant_message.content_part.text_delta" as const),
      content_index: fc.nat(5),
      delta: fc.string({ unit: "binary" }),
    }),
    fc.record({
      type: fc.constant("assistant_message.content_part.added" as const),
      content_index: fc.nat(5),
      content: fc.string().map((text) => ({ type: "output_text" as const, text, annotations: [] })),
    }),
    fc.record({
      type: fc.constant("assistant_message.content_part.done" as const),
      content_index: fc.nat(5),
      content: fc.string().map((text) => ({ type: "output_text" as const, text, annotations: [cite(text)] })),
    }),
    fc.record({
      type: fc.constant("assistant_message.content_part.annotation_added" as const),
      content_index: fc.nat(5),
      annotation_index: fc.nat(5),
      annotation: fc.string().map(cite),
    }),
    fc.constant<ItemUpdate>({ type: "widget.root.updated", widget: { type: "Card" } }),
    fc.constant<ItemUpdate>({ type: "generated_image.updated", image: { id: "i", url: "data:" } }),
  );
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom("msg_1", "msg_2", "msg_unknown"), anyUpdate)),
      (updates) => {
        const unfinished = createUnfinishedItems();
        unfinished.add(message("msg_1"));
        unfinished.add(message("msg_2"));
        for (const [itemId, update] of updates) unfinished.update(itemId, structuredClone(update));
        for (const partial of unfinished.partialMessages()) {
          expect(decodeItem(encodeItem(partial))).toEqual(JSON.parse(JSON.stringify(partial)));
          expect(
            partial.content
              .map((part) => part.text)
              .join("")
              .trim(),
          ).not.toBe("");
        }
      },
    ),
  );
});

function apply(item: AssistantMessageItem, update: ItemUpdate): void {
  applyUpdate(item, update);
}

function message(id = common.id): AssistantMessageItem {
  return { ...common, id, type: "assistant_message", content: [] };
}

function cite(title: string): Annotation {
  return annotationSchema.parse({ source: { type: "url", title, url: "https://example.com" } });
}

function done(text: string, annotations: Annotation[] = []): ItemUpdate {
  return {
    type: "assistant_message.content_part.done",
    content_index: 0,
    content: { type: "output_text", text, annotations },
  };
}
