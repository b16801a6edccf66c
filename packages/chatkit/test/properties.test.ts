// What holds whatever clients ask and responders yield.

import fc from "fast-check";
import { expect, test } from "vitest";

import { ChatKitError, type Responder, type ResponderEvent, type Turn } from "@sidekit/chatkit";
import {
  chatKitRequestSchema,
  isHiddenItem,
  type StreamEvent,
  streamEventSchema,
  threadItemSchema,
  threadSchema,
} from "@sidekit/chatkit/protocol";

import { addRequest, converse, createRequest, eventsOf, readToEnd, threadIdOf } from "./conversation.ts";

const anyTime: unknown = expect.any(String);
const ids = fc.constantFrom("a", "b", "c");
const text = fc.string({ maxLength: 8, unit: "grapheme" });
const index = fc.integer({ min: -1, max: 3 });
const content = fc.record({ type: fc.constant("output_text"), text, annotations: fc.constant([]) });
const task = fc.oneof(
  fc.record({ type: fc.constant("thought"), content: text }),
  fc.record({ type: fc.constant("custom"), title: text, icon: fc.constantFrom("bolt", "no-such-icon") }),
  fc.record({ type: fc.constant("web_search"), queries: fc.array(text, { maxLength: 2 }) }),
);
const widget = fc.record({
  type: fc.constantFrom("Card", "ListView", "Nonsense"),
  children: fc.array(fc.record({ type: fc.constantFrom("Text", "Later"), value: text, id: ids }), {
    maxLength: 2,
  }),
});

const item = fc.oneof(
  fc.record({ type: fc.constant("assistant_message"), content: fc.array(content, { maxLength: 2 }) }),
  fc.record({ type: fc.constant("hidden_context_item"), content: fc.jsonValue() }),
  fc.record({ type: fc.constant("widget"), widget }),
  fc.record({ type: fc.constant("end_of_turn") }),
  fc.record({ type: fc.constant("generated_image") }),
  fc.record({
    type: fc.constant("workflow"),
    workflow: fc.record({ type: fc.constant("custom"), tasks: fc.array(task, { maxLength: 2 }) }),
  }),
  fc.record({
    type: fc.constant("client_tool_call"),
    call_id: ids,
    name: text,
    arguments: fc.dictionary(fc.string({ maxLength: 3 }), fc.jsonValue(), { maxKeys: 2 }),
  }),
  fc.record({
    type: fc.constant("structured_input"),
    inputs: fc.array(fc.record({ type: fc.constant("freeform"), id: ids, question: text }), { maxLength: 2 }),
  }),
  fc.record({ type: fc.constant("nonsense") }),
);

const update = fc.oneof(
  ...["added", "done"].map((step) =>
    fc.record({
      type: fc.constant(`assistant_message.content_part.${step}`),
      content_index: index,
      content,
    }),
  ),
  fc.record({
    type: fc.constant("assistant_message.content_part.text_delta"),
    content_index: index,
    delta: text,
  }),
  fc.record({
    type: fc.constantFrom("workflow.task.added", "workflow.task.updated"),
    task_index: index,
    task,
  }),
  fc.record({ type: fc.constant("widget.root.updated"), widget }),
  fc.record({ type: fc.constant("nonsense") }),
);

const step = fc.oneof(
  fc.record({
    type: fc.constantFrom("thread.item.added", "thread.item.done", "thread.item.replaced"),
    item: fc.tuple(ids, item).map(([id, members]) => ({ id, ...members })),
  }),
  fc.record({ type: fc.constant("thread.item.updated"), item_id: ids, update }),
  fc.record({ type: fc.constant("thread.item.removed"), item_id: ids }),
  fc.record({ type: fc.constant("progress_update"), text }),
  fc.record({ type: fc.constant("client_effect"), name: text }),
  fc.record({ type: fc.constant("error"), message: text }),
  fc.record({ type: fc.constant("notice"), level: fc.constantFrom("info", "loud"), message: text }),
  fc.record({ type: fc.constantFrom("thread.created", "thread.updated", "stream_options", "nonsense") }),
  fc.record({ rename: text }),
  fc.constant("throw" as const),
);

test("R30: whatever a responder yields, the stream is valid, ends, and leaves a thread that loads", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), fc.boolean(), async (steps, stopped) => {
      const conversation = converse(scripted(steps, stopped), { detachGraceMs: 0 });
      const reply = await conversation.start(createRequest("Hi"));
      const reading = readToEnd(reply.reader);
      if (stopped)
        await conversation.server.stopRun({ tenant: "north", user: "ada" }, reply.runId).catch(ignore);
      const events = eventsOf(await reading);
      reply.detach();
      for (const event of events) expect(streamEventSchema.safeParse(event).success).toBe(true);
      const threadId = threadIdOf(events);
      const thread = await conversation.json({ type: "threads.get_by_id", params: { thread_id: threadId } });
      const loaded = threadSchema.parse(thread);
      expect(loaded).toEqual(thread);
      const known = new Map(loaded.items.data.map((row) => [row.id, row]));
      // A responder may hide what it has shown; a client learns of it with the next look.
      const nowHidden = new Set(
        (await conversation.stored(threadId)).filter(isHiddenItem).map((row) => row.id),
      );
      const shown = [...lastSaid(events)].filter(([id]) => !nowHidden.has(id));
      expect(shown.map(([id]) => [id, known.get(id) ?? null])).toEqual(
        shown.map(([id, last]) => [id, last && { ...threadItemSchema.parse(last), created_at: anyTime }]),
      );
      const next = await conversation.stream(addRequest(threadId, "once more"));
      expect(next[0]).toMatchObject({ type: "thread.item.done" });
    }),
    { numRuns: 300 },
  );
});

const threadIds = fc.constantFrom("known", "thr_none");
const requests: { type: string; params: Record<string, fc.Arbitrary<unknown>> }[] = [
  { type: "threads.create", params: { input: fc.constant(inputOf("Hi")) } },
  { type: "threads.add_user_message", params: { thread_id: threadIds, input: fc.constant(inputOf("On")) } },
  { type: "threads.add_client_tool_output", params: { thread_id: threadIds, result: fc.jsonValue() } },
  {
    type: "threads.add_structured_input",
    params: {
      thread_id: threadIds,
      item_id: ids,
      input: fc.record({ answers: fc.dictionary(ids, fc.record({ values: fc.array(text) })) }),
    },
  },
  { type: "threads.retry_after_item", params: { thread_id: threadIds, item_id: ids } },
  {
    type: "threads.custom_action",
    params: { thread_id: threadIds, item_id: ids, action: fc.record({ type: text }) },
  },
  {
    type: "threads.sync_custom_action",
    params: { thread_id: threadIds, item_id: ids, action: fc.record({ type: text }) },
  },
  { type: "threads.get_by_id", params: { thread_id: threadIds } },
  { type: "threads.list", params: { limit: fc.nat(30), order: fc.constantFrom("asc", "desc") } },
  { type: "threads.update", params: { thread_id: threadIds, title: text } },
  { type: "items.list", params: { thread_id: threadIds, limit: fc.nat(30) } },
  {
    type: "items.feedback",
    params: {
      thread_id: threadIds,
      item_ids: fc.array(ids),
      kind: fc.constantFrom("positive", "negative"),
    },
  },
  {
    type: "attachments.create",
    params: { name: text, size: fc.nat(), mime_type: fc.constant("text/plain") },
  },
  { type: "attachments.delete", params: { attachment_id: ids } },
  {
    type: "input.transcribe",
    params: { audio_base64: fc.base64String(), mime_type: fc.constant("audio/webm") },
  },
  { type: "threads.delete", params: { thread_id: threadIds } },
];
const request = fc.oneof(
  ...requests.map(({ type, params }) => fc.record({ type: fc.constant(type), params: fc.record(params) })),
);

test("S101: any valid request gets a valid answer or a refusal that is in the table", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(request, { maxLength: 6 }), async (requests) => {
      const conversation = converse({
        ...scripted([], false),
        actSync: async () => null,
        transcribe: async () => "words",
      });
      let known = threadIdOf(await conversation.stream(createRequest("Hi")));
      for (const wish of requests) {
        const asked = JSON.parse(JSON.stringify(wish).replace('"known"', JSON.stringify(known)));
        expect(chatKitRequestSchema.safeParse(asked).success).toBe(true);
        try {
          const reply = await conversation.server.handle(caller, asked, AbortSignal.timeout(5_000));
          const events = reply.kind === "json" ? [] : eventsOf(await readToEnd(reply.reader));
          expect(reply.kind === "stream" || typeof JSON.parse(reply.body) === "object").toBe(true);
          if (reply.kind === "stream") reply.detach();
          for (const event of events) expect(streamEventSchema.safeParse(event).success).toBe(true);
          if (events[0]?.type === "thread.created") known = events[0].thread.id;
        } catch (thrown) {
          if (!(thrown instanceof ChatKitError) || thrown.code === "internal") throw thrown;
        }
      }
    }),
    { numRuns: 300 },
  );
});

const caller = {
  owner: { tenant: "north", user: "ada" },
  sessionId: "cksess_1",
  profile: { name: "default", model: "m", instructions: "", offers: { models: [], tools: [] } },
  responder: "test",
};

/** Steps only in the first turn; `slow` leaves time for a stop between them. */
function scripted(steps: readonly unknown[], slow: boolean): Responder {
  let turns = 0;
  async function* respond(turn: Turn): AsyncGenerator<ResponderEvent> {
    if (++turns > 1) return;
    for (const step of steps) {
      if (slow) await new Promise(setImmediate);
      if (step === "throw") throw new Error("thrown");
      if (isRecord(step) && typeof step["rename"] === "string") turn.thread.title = step["rename"];
      else yield completed(turn, step);
    }
  }
  return { respond, act: respond };
}

/** Whatever it is: responders of others are not checked by a compiler. */
function completed(turn: Turn, step: unknown): ResponderEvent {
  if (!isRecord(step) || !isRecord(step["item"])) return step as ResponderEvent;
  const item = { thread_id: turn.thread.id, created_at: turn.now(), ...step["item"] };
  return { ...step, item } as ResponderEvent;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** What a client has been told last of each item that it was told for good. */
function lastSaid(events: readonly StreamEvent[]): Map<string, unknown> {
  const said = new Map<string, unknown>();
  for (const event of events) {
    if (event.type === "thread.item.done" || event.type === "thread.item.replaced")
      said.set(event.item.id, event.item);
    // Begun again: what was said before no longer counts, and what comes of it is a partial answer at most.
    if (event.type === "thread.item.added") said.delete(event.item.id);
    if (event.type === "thread.item.removed") said.set(event.item_id, null);
  }
  return said;
}

function inputOf(words: string) {
  return { content: [{ type: "input_text", text: words }], attachments: [], inference_options: {} };
}

function ignore(): void {}
