import { streamEventSchema, threadItemSchema } from "@sidekit/chatkit/protocol";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";

import { readBatches } from "./event-stream.ts";
import { readEvent, type ShownEvent } from "./wire-events.ts";
import { readItem } from "./wire-items.ts";

const item = {
  type: "assistant_message",
  id: "msg_1",
  thread_id: "thr_1",
  created_at: "2026-11-01T00:00:00Z",
  content: [
    {
      type: "output_text",
      text: "Zdravé 🎉",
      annotations: [
        { type: "annotation", source: { type: "url", title: "Map", url: "https://example.com/" }, index: 3 },
      ],
    },
  ],
};
const workflow = {
  type: "workflow",
  id: "wf_1",
  thread_id: "thr_1",
  created_at: "2026-11-01T00:00:00Z",
  workflow: {
    type: "reasoning",
    expanded: true,
    summary: { title: "Done", icon: "check", duration: 4 },
    tasks: [
      { type: "thought", status_indicator: "complete", title: "Look", content: "…" },
      {
        type: "web_search",
        status_indicator: "none",
        queries: ["rivers"],
        sources: [{ type: "url", title: "", url: "https://a.example/" }],
      },
      {
        type: "file",
        status_indicator: "loading",
        sources: [{ type: "file", title: "Notes", filename: "notes.txt" }],
      },
      { type: "custom", status_indicator: "none", icon: "globe", content: "Text" },
      { type: "image", status_indicator: "none" },
    ],
  },
};
const frames = [
  { type: "stream_options", stream_options: { allow_cancel: true } },
  { type: "thread.item.added", item: { ...item, content: [] } },
  { type: "thread.item.done", item },
  { type: "thread.item.done", item: workflow },
  { type: "progress_update", text: "Looking", icon: "search" },
  { type: "notice", level: "danger", message: "Careful", title: "Note" },
  { type: "error", code: "custom", message: "No.", allow_retry: true },
  { type: "client_effect", name: "refresh", data: { a: [null, 1] } },
  { type: "thread.item.removed", item_id: "msg_1" },
] as const;

describe("what is read from the wire", () => {
  test.each(frames)("is what the protocol's schema reads: %o", (frame) => {
    expect(readEvent(frame)).toEqual(streamEventSchema.parse(frame));
  });

  test("never throws, whatever comes", () => {
    const value = fc.letrec((tie) => ({
      node: fc.oneof(
        { depthSize: "small" },
        fc.constantFrom<unknown>(null, 1, -1, "", "text", true, "assistant_message", "thread.item.done"),
        fc.array(tie("node"), { maxLength: 3 }),
        fc.dictionary(
          fc.constantFrom(
            "type",
            "item",
            "item_id",
            "update",
            "content",
            "text",
            "thread",
            "workflow",
            "tasks",
            "source",
            "id",
            "annotations",
            "__proto__",
          ),
          tie("node"),
        ),
      ),
    })).node;
    fc.assert(
      fc.property(value, (anything) => {
        expect(() => readEvent(JSON.parse(JSON.stringify(anything)))).not.toThrow();
      }),
      { numRuns: 2000 },
    );
  });

  test("leaves out rows that cannot be read and keeps their neighbours", () => {
    const broken = { ...item, content: [{ type: "output_text" }, item.content[0], 7] };
    expect(readItem(broken)).toEqual(threadItemSchema.parse(item));
  });

  test("keeps the place of a kind it does not know", () => {
    expect(readItem({ ...item, type: "hologram" })).toMatchObject({
      type: "other",
      kind: "hologram",
      id: "msg_1",
    });
  });
});

describe("a stream", () => {
  test("brings the same events however its bytes are cut", async () => {
    const bytes = new TextEncoder().encode(
      frames.map((frame) => `data: ${JSON.stringify(frame)}\n\n`).join(""),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1 }), async (sizes) => {
        const chunks: Uint8Array[] = [];
        for (let from = 0, n = 0; from < bytes.length; n += 1) {
          const size = sizes[n % sizes.length] ?? 1;
          chunks.push(bytes.slice(from, from + size));
          from += size;
        }
        expect(await collect(bodyOf(chunks))).toEqual(frames.map((frame) => readEvent(frame)));
      }),
      { numRuns: 50 },
    );
  });

  test("goes on after a frame that is no event, and says so", async () => {
    const unreadable: string[] = [];
    const body = bodyOf([
      encode('data: {oops\n\ndata: {"type":"tomorrow"}\n\ndata: {"type":"progress_update","text":"x"}\n\n'),
    ]);
    expect(await collect(body, (frame) => unreadable.push(frame))).toEqual([
      { type: "progress_update", text: "x" },
    ]);
    expect(unreadable).toEqual(["{oops", '{"type":"tomorrow"}']);
  });

  test("that breaks is an error of its own", async () => {
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.error(new TypeError("network")),
    });
    await expect(collect(body)).rejects.toMatchObject({ code: "connection_lost" });
  });

  test("that is left ends quietly and closes the body", async () => {
    const { body, reading, left, cancelled } = endless();
    left.abort();
    await expect(reading).resolves.toEqual([]);
    await cancelled;
    expect(body.locked).toBe(true);
  });

  test("that is stopped ends with the reason and closes the body", async () => {
    const { reading, stopped, cancelled } = endless();
    stopped.abort();
    await expect(reading).rejects.toMatchObject({ name: "AbortError" });
    await cancelled;
  });
});

function endless() {
  const left = new AbortController();
  const stopped = new AbortController();
  const { promise: cancelled, resolve } = Promise.withResolvers<void>();
  const body = new ReadableStream<Uint8Array>({ cancel: () => resolve() });
  const reading = all(
    readBatches(body, { left: left.signal, signal: stopped.signal, onUnreadable: () => {} }),
  );
  return { body, reading, left, stopped, cancelled };
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function bodyOf(chunks: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start: (controller) => {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
}

async function collect(
  body: ReadableStream<Uint8Array>,
  onUnreadable: (frame: string) => void = () => {},
): Promise<ShownEvent[]> {
  const never = new AbortController().signal;
  return all(readBatches(body, { signal: never, left: never, onUnreadable }));
}

async function all(batches: AsyncIterable<ShownEvent[]>): Promise<ShownEvent[]> {
  const events: ShownEvent[] = [];
  for await (const batch of batches) events.push(...batch);
  return events;
}
