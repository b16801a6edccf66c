import type { StreamEvent, ThreadItem } from "@sidekit/chatkit/protocol";
import { describe, expect, test } from "vitest";

import { createAnswerView, showItems } from "./answer-view.ts";
import { createOutput } from "./output.ts";

const common = { thread_id: "thr_1", created_at: "2026-01-01T00:00:00.000Z" };
const source = { type: "url" as const, title: "A page", url: "https://example.com/a" };

function record(isTTY: boolean) {
  const written = { out: "", err: "", screen: "" };
  const sink = (stream: "out" | "err") => ({
    isTTY,
    write(text: string) {
      written[stream] += text;
      written.screen += text;
      return true;
    },
  });
  const output = createOutput({ stdout: sink("out"), stderr: sink("err"), json: false, plain: true });
  return { written, output };
}

function message(
  id: string,
  text: string,
  annotations: { type: "annotation"; source: typeof source }[] = [],
): ThreadItem {
  return { ...common, id, type: "assistant_message", content: [{ type: "output_text", text, annotations }] };
}

function delta(id: string, text: string): StreamEvent {
  return {
    type: "thread.item.updated",
    item_id: id,
    update: { type: "assistant_message.content_part.text_delta", content_index: 0, delta: text },
  };
}

function thought(content: string): StreamEvent {
  const task = { type: "thought" as const, title: "Thinking", content, status_indicator: "loading" as const };
  return {
    type: "thread.item.updated",
    item_id: "w",
    update: { type: "workflow.task.updated", task_index: 0, task },
  };
}

describe("an answer", () => {
  test("is written piece by piece, and its end repeats nothing", () => {
    const { written, output } = record(false);
    const view = createAnswerView(output);
    view.show({
      type: "thread.item.added",
      item: { ...common, id: "m", type: "assistant_message", content: [] },
    });
    view.show(delta("m", "Hel"));
    expect(written.out).toBe("Hel");
    view.show(delta("m", "lo"));
    view.show({ type: "thread.item.done", item: message("m", "Hello") });
    view.finish();
    expect(written).toMatchObject({ out: "Hello\n", err: "" });
  });

  test("that comes at once is shown at once; one that was corrected is shown again", () => {
    const { written, output } = record(false);
    const view = createAnswerView(output);
    view.show(delta("m", "Helo"));
    view.show({ type: "thread.item.done", item: message("m", "Hello") });
    view.show({ type: "thread.item.done", item: message("n", "Bye") });
    view.finish();
    expect(written.out).toBe("Helo\nHello\nBye\n");
  });

  test("lists each source once, at the end", () => {
    const { written, output } = record(false);
    const view = createAnswerView(output);
    const annotation = { type: "annotation" as const, source };
    view.show(delta("m", "See."));
    view.show({
      type: "thread.item.updated",
      item_id: "m",
      update: {
        type: "assistant_message.content_part.annotation_added",
        content_index: 0,
        annotation_index: 0,
        annotation,
      },
    });
    view.show({ type: "thread.item.done", item: message("m", "See.", [annotation]) });
    view.finish();
    expect(written.out).toBe("See.\n\nSources:\n  1. A page — https://example.com/a\n");
  });

  test("cannot steer the terminal (S162)", () => {
    const { written, output } = record(true);
    const view = createAnswerView(output);
    view.show(delta("m", "a\u001b]0;title\u0007b\u009b2Jc\rd"));
    view.show({ type: "notice", level: "info", message: "x\u001b[2Jy" });
    view.show(thought("\u001b[31mz"));
    view.finish();
    // eslint-disable-next-line no-control-regex -- the test is about them
    expect(written.screen).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
    expect(written.out).toContain("a]0;titleb2Jcd");
  });
});

describe("reasoning", () => {
  test("goes to standard error as it grows, on lines of its own", () => {
    const { written, output } = record(true);
    const view = createAnswerView(output);
    view.show(thought("First"));
    view.show(thought("First, then"));
    view.show(delta("m", "Done."));
    view.show({ type: "thread.item.done", item: message("m", "Done.") });
    view.finish();
    expect(written.err).toBe("· Thinking\n· First, then\n\n");
    expect(written.screen).toBe("· Thinking\n· First, then\n\nDone.\n");
  });

  test("does not end up in a piped answer", () => {
    const { written, output } = record(false);
    const view = createAnswerView(output);
    view.show(delta("m", "One "));
    view.show({ type: "progress_update", text: "Looking" });
    view.show(delta("m", "two."));
    view.finish();
    expect(written.out).toBe("One two.\n");
    expect(written.err).toBe("· Looking …\n");
  });
});

test("a thread that is opened shows who said what", () => {
  const { written, output } = record(false);
  const user: ThreadItem = {
    ...common,
    id: "u",
    type: "user_message",
    content: [{ type: "input_text", text: "Hi" }],
    attachments: [],
    inference_options: {},
  };
  showItems(output, [user, message("m", "Hello")]);
  expect(written.out).toBe("\n› Hi\n\nHello\n");
});
