// What the kit makes of a turn, as a client of the server sees it.

import {
  clientEffect,
  clientTool,
  defineResponder,
  generatedImage,
  hiddenContext,
  hiddenContextItem,
  nameThread,
  notice,
  progress,
  questions,
  replaceWidget,
  text,
  type TextPiece,
  type Turn,
  userWords,
  widget,
  workflow,
} from "@sidekit/chatkit/responder-kit";
import type { UrlSource, WidgetItem, WidgetRoot } from "@sidekit/chatkit/protocol";
import { describe, expect, expectTypeOf, test } from "vitest";
import { z } from "zod";

import {
  addRequest,
  converse,
  createRequest,
  eventsOf,
  readToEnd,
  readUntil,
  threadIdOf,
} from "./conversation.ts";
import { streamedText } from "./turn-fixture.ts";

const page: UrlSource = { type: "url", title: "A page", url: "https://example.com/" };
const card = (value: string): WidgetRoot => ({
  type: "Card",
  children: [{ type: "Text", id: "said", value, streaming: true }],
});

describe("text", () => {
  test("is sent piece by piece; a source is cited where it stands", async () => {
    async function* pieces(): AsyncGenerator<TextPiece> {
      yield "Tea ";
      yield page;
      yield "";
      yield { ...page, url: "javascript:alert(1)" };
      yield "is ☕.";
      yield page;
    }
    const chat = converse((turn) => text(turn, pieces()));
    const events = (await chat.stream(createRequest("Tea?"))).slice(3);
    expect(events.map((event) => ("update" in event ? event.update.type : event.type))).toEqual([
      "thread.item.added",
      "assistant_message.content_part.added",
      "assistant_message.content_part.text_delta",
      "assistant_message.content_part.annotation_added",
      "assistant_message.content_part.text_delta",
      "assistant_message.content_part.annotation_added",
      "assistant_message.content_part.done",
      "thread.item.done",
    ]);
    expect(events.at(-1)).toMatchObject({
      item: {
        type: "assistant_message",
        content: [
          {
            type: "output_text",
            text: "Tea is ☕.",
            annotations: [
              { source: page, index: 4 },
              { source: page, index: 9 },
            ],
          },
        ],
      },
    });
  });

  test("what was written before a stop is kept, and its source is told to end", async () => {
    let ended = false;
    async function* endless({ signal }: Turn) {
      try {
        yield "Once upon a time";
        await new Promise((_resolve, reject) =>
          signal.addEventListener("abort", () => reject(signal.reason)),
        );
      } finally {
        ended = true;
      }
    }
    const chat = converse((turn) => text(turn, endless(turn)));
    const { runId, reader } = await chat.start(createRequest("A story"));
    const [created] = eventsOf((await readUntil(reader, "Once upon a time")).replace(/(?<=\n\n)[^\n]+$/, ""));
    await chat.server.stopRun({ tenant: "north", user: "ada" }, runId);
    await readToEnd(reader);
    expect(ended).toBe(true);
    expect(await chat.stored(threadIdOf([created!]))).toContainEqual(
      expect.objectContaining({
        type: "assistant_message",
        content: [{ type: "output_text", text: "Once upon a time", annotations: [] }],
      }),
    );
  });
});

describe("workflow", () => {
  test("tasks are loading until they are complete, and all of it is stored at the end", async () => {
    const chat = converse(async function* (turn) {
      const work = yield* workflow(turn, { expanded: true });
      const search = yield* work.add({ type: "web_search", title: "Searching", queries: ["tea"] });
      const thought = yield* work.add({ type: "thought", content: "Hm" });
      yield* search.complete({ sources: [page] });
      yield* thought.update({ content: "Hm, tea" });
      yield* work.end({ title: "Looked it up" });
    });
    const events = (await chat.stream(createRequest("Tea?"))).slice(3);
    const tasks = events.flatMap((event) =>
      "update" in event && "task" in event.update
        ? [[event.update.type, event.update.task_index, event.update.task.status_indicator]]
        : [],
    );
    expect(tasks).toEqual([
      ["workflow.task.added", 0, "loading"],
      ["workflow.task.added", 1, "loading"],
      ["workflow.task.updated", 0, "complete"],
      ["workflow.task.updated", 1, "loading"],
    ]);
    expect(events.at(-1)).toMatchObject({
      type: "thread.item.done",
      item: {
        workflow: {
          type: "custom",
          expanded: true,
          summary: { title: "Looked it up" },
          tasks: [
            { type: "web_search", title: "Searching", queries: ["tea"], sources: [page] },
            { type: "thought", content: "Hm, tea" },
          ],
        },
      },
    });
  });

  test("without a heading it says how long it took", async () => {
    const chat = converse(async function* (turn) {
      const work = yield* workflow(turn, { type: "reasoning" });
      yield* work.end();
    });
    expect((await chat.stream(createRequest("?"))).at(-1)).toMatchObject({
      item: { workflow: { type: "reasoning", tasks: [], summary: { duration: 1 } } },
    });
  });

  test("a change is typed by its task", () => {
    async function* answer(turn: Turn) {
      const work = yield* workflow(turn);
      const reading = yield* work.add({ type: "file" });
      expectTypeOf<Parameters<typeof reading.update>[0]>().not.toHaveProperty("queries");
      expectTypeOf<Parameters<typeof reading.update>[0]>().toHaveProperty("sources");
      // @ts-expect-error -- a thought has content
      yield* work.add({ type: "thought" });
    }
    expectTypeOf(answer).toBeFunction();
  });
});

describe("widgets, images and signals", () => {
  test("a widget is one event; a sequence of states is what changed, and its last state is stored", async () => {
    const chat = converse(async function* (turn) {
      yield* widget(turn, card("Done"), { copyText: "Done" });
      yield* widget(
        turn,
        (async function* () {
          yield card("A");
          yield card("A card");
        })(),
      );
    });
    const events = (await chat.stream(createRequest("?"))).slice(3);
    expect(events.map((event) => ("update" in event ? event.update.type : event.type))).toEqual([
      "thread.item.done",
      "thread.item.added",
      "widget.streaming_text.value_delta",
      "thread.item.done",
    ]);
    expect(events[0]).toMatchObject({ item: { widget: card("Done"), copy_text: "Done" } });
    expect(events.at(-1)).toMatchObject({ item: { widget: card("A card") } });
  });

  test("an image takes the place that was kept for it", async () => {
    const chat = converse((turn) =>
      generatedImage(
        turn,
        (async function* () {
          yield { url: "https://example.com/1.png", progress: 0.5 };
          yield { url: "https://example.com/2.png" };
        })(),
      ),
    );
    const [added, half, whole, done] = (await chat.stream(createRequest("?"))).slice(3);
    expect(added).toMatchObject({ type: "thread.item.added", item: { type: "generated_image" } });
    expect(half).toMatchObject({ update: { progress: 0.5, image: { url: "https://example.com/1.png" } } });
    expect(whole).toMatchObject({ update: { image: { url: "https://example.com/2.png" } } });
    expect(done).toMatchObject({ item: { image: { url: "https://example.com/2.png" } } });
  });

  test("progress, notices, effects and the name of the thread are told; hidden context is only stored", async () => {
    const chat = converse(async function* (turn) {
      nameThread(turn, "Tea");
      nameThread(turn, "Coffee");
      yield* progress("Looking", "search");
      yield* notice("info", "Saved", "Done");
      yield* clientEffect("refresh", { all: true });
      yield* hiddenContext(turn, { words: userWords(turn) });
    });
    const events = await chat.stream(createRequest("  Tea\nor so "));
    expect(events.slice(3)).toMatchObject([
      { type: "progress_update", text: "Looking", icon: "search" },
      { type: "thread.updated", thread: { title: "Tea" } },
      { type: "notice", level: "info", message: "Saved", title: "Done" },
      { type: "client_effect", name: "refresh", data: { all: true } },
    ]);
    expect((await chat.stored(threadIdOf(events))).at(-1)).toMatchObject({
      type: "hidden_context_item",
      content: { words: "Tea or so" },
    });
  });
});

describe("actions", () => {
  const seen: unknown[] = [];
  const chat = converse(
    defineResponder({
      respond: (turn) => widget(turn, card("0")),
      actions: {
        "count.set": {
          payload: z.object({ count: z.coerce.number() }),
          async *handle(turn, { count }, sender) {
            expectTypeOf(count).toEqualTypeOf<number>();
            expectTypeOf(sender).toEqualTypeOf<WidgetItem | null>();
            seen.push(count);
            if (sender !== null) yield* replaceWidget(sender, card(String(count)));
            yield* hiddenContext(turn, { count });
          },
        },
      },
      syncActions: {
        "count.peek": {
          payload: z.object({ to: z.string() }),
          async handle(call, { to }, sender) {
            expectTypeOf(to).toEqualTypeOf<string>();
            await call.save(hiddenContextItem(call, to));
            return sender === null ? null : { ...sender, widget: card(to) };
          },
        },
      },
    }),
  );
  const begin = async () => {
    const events = await chat.stream(createRequest("?"));
    const shown = events.at(-1);
    if (shown?.type !== "thread.item.done") throw new Error("there is no widget");
    return { threadId: threadIdOf(events), itemId: shown.item.id };
  };
  const act = (to: { threadId: string; itemId: string }, action: object, kind = "threads.custom_action") => ({
    type: kind,
    params: { thread_id: to.threadId, item_id: to.itemId, action },
  });

  test("a payload is parsed by the application's schema, and its widget can be replaced for good", async () => {
    const place = await begin();
    const events = await chat.stream(act(place, { type: "count.set", payload: { count: "7" } }));
    expect(seen.splice(0)).toEqual([7]);
    expect(events.at(-1)).toMatchObject({ type: "thread.item.replaced", item: { widget: card("7") } });
    expect((await chat.stored(place.threadId)).slice(1)).toMatchObject([
      { id: place.itemId, widget: card("7") },
      { type: "hidden_context_item", content: { count: 7 } },
    ]);
  });

  test.each([
    { type: "count.set", payload: { count: "many" } },
    { type: "count.set" },
    { type: "count.set", payload: null },
    { type: "count.peek", payload: { to: "x" } },
    { type: "constructor" },
    { type: "__proto__", payload: {} },
  ])("%j ends its turn with an error, and no handler is called", async (action) => {
    const events = await chat.stream(act(await begin(), action));
    expect(events.at(-1)).toMatchObject({
      type: "error",
      code: "custom",
      message: expect.stringMatching(/action/),
      allow_retry: false,
    });
    expect(seen).toEqual([]);
  });

  test("a synchronous action answers with its widget and stores what it saves", async () => {
    const place = await begin();
    const request = act(place, { type: "count.peek", payload: { to: "1" } }, "threads.sync_custom_action");
    expect(await chat.json(request)).toMatchObject({ updated_item: { id: place.itemId, widget: card("1") } });
    expect((await chat.stored(place.threadId)).at(-1)).toMatchObject({ content: "1" });
  });

  test.each([
    { type: "count.peek", payload: { to: 1 } },
    { type: "count.set", payload: { count: 1 } },
    { type: "toString" },
  ])("%j is refused when it is synchronous", async (action) => {
    const refused = await chat.refusal(act(await begin(), action, "threads.sync_custom_action"));
    expect(refused).toMatchObject({ httpStatus: 400, message: expect.stringMatching(/action/) });
  });

  test("without actions the server's own answers stay", () => {
    const plain = defineResponder({ respond: (turn) => text(turn, "Hi") });
    expect(Object.keys(plain)).toEqual(["respond"]);
  });
});

describe("client tools", () => {
  const locate = clientTool({
    name: "locate",
    arguments: z.object({ precise: z.boolean(), since: z.string().optional() }),
    output: z.object({ city: z.string() }),
  });
  const chat = converse(
    defineResponder({
      async *respond(turn) {
        if (turn.cause.kind === "client_tool_output") yield* text(turn, "Not mine");
        else if (userWords(turn) === "twice") {
          yield* locate.call(turn, { precise: false });
          yield* progress("This may come");
          yield* text(turn, "This may not");
        } else if (userWords(turn) === "unknown") {
          yield* clientTool({ name: "other", arguments: z.object({}), output: z.unknown() }).call(turn, {});
        } else {
          yield* locate.call(turn, { precise: true });
        }
      },
      clientTools: [
        locate.answered(async function* (turn, output, args) {
          expectTypeOf(output).toEqualTypeOf<{ city: string }>();
          expectTypeOf(args).toEqualTypeOf<{ precise: boolean; since?: string | undefined }>();
          yield* text(turn, `${output.city}, ${args.precise}`);
        }),
      ],
    }),
  );
  const answer = (threadId: string, result: unknown) => ({
    type: "threads.add_client_tool_output",
    params: { thread_id: threadId, result },
  });

  test("a call is pending at the end of its turn, and what the page answers goes to the handler", async () => {
    const asked = await chat.stream(createRequest("where"));
    expect(asked.at(-1)).toMatchObject({
      type: "thread.item.done",
      item: { type: "client_tool_call", status: "pending", name: "locate", arguments: { precise: true } },
    });
    expect(streamedText(await chat.stream(answer(threadIdOf(asked), { city: "Brno" })))).toBe("Brno, true");
  });

  test("an output that does not fit ends the turn with an error", async () => {
    const asked = await chat.stream(createRequest("where"));
    const events = await chat.stream(answer(threadIdOf(asked), { town: "Brno" }));
    expect(events.at(-1)).toMatchObject({
      type: "error",
      code: "custom",
      message: expect.stringMatching(/"locate"/),
    });
    expect(streamedText(events)).toBe("");
  });

  test("the output of a tool without a handler goes to respond", async () => {
    const asked = await chat.stream(createRequest("unknown"));
    expect(streamedText(await chat.stream(answer(threadIdOf(asked), null)))).toBe("Not mine");
  });

  test("no item comes after a call", async () => {
    const events = await chat.stream(createRequest("twice"));
    expect(events.slice(-2)).toMatchObject([
      { type: "progress_update" },
      { type: "error", code: "stream.error" },
    ]);
    expect(streamedText(events)).toBe("");
  });

  test("arguments that do not fit are not sent", async () => {
    const wrong = converse(async function* (turn) {
      yield* locate.call(turn, { precise: JSON.parse('"yes"') });
    });
    expect((await wrong.stream(createRequest("where"))).at(-1)).toMatchObject({ type: "error" });
  });
});

test("a page may answer with nothing at all", async () => {
  const ping = clientTool({ name: "ping", arguments: z.object({}), output: z.null() });
  const chat = converse(
    defineResponder({
      async *respond(turn) {
        yield* ping.call(turn, {});
      },
      clientTools: [
        ping.answered(async function* (turn, output) {
          yield* text(turn, JSON.stringify(output));
        }),
      ],
    }),
  );
  const params = { thread_id: threadIdOf(await chat.stream(createRequest("?"))), result: null };
  expect(streamedText(await chat.stream({ type: "threads.add_client_tool_output", params }))).toBe("null");
});

describe("questions", () => {
  const trip = questions({
    name: "trip",
    ask: {
      place: { type: "multiple_choice", question: "Where?", options: ["Oslo", "Brno"] },
      extras: { type: "multiple_choice", question: "And?", options: ["a", "b"], multiple: true },
      nights: { type: "freeform", question: "How long?", description: "A number" },
    },
    answers: z.object({
      place: z.string(),
      extras: z.array(z.string()).default(["none"]),
      nights: z.coerce.number().int().optional(),
    }),
  });
  const asking = (again: boolean) =>
    converse(
      defineResponder({
        async *respond(turn) {
          yield* trip.ask(turn);
        },
        structuredInputs: [
          trip.answered(
            async function* (turn, answers) {
              expectTypeOf(answers).toEqualTypeOf<{
                place: string;
                extras: string[];
                nights?: number | undefined;
              }>();
              yield* text(turn, JSON.stringify(answers));
            },
            again
              ? async function* (turn, unfit) {
                  expectTypeOf(unfit).toEqualTypeOf<readonly ("place" | "extras" | "nights")[]>();
                  yield* text(turn, `Again: ${unfit.join()}`);
                }
              : undefined,
          ),
        ],
      }),
    );
  async function answered(chat: ReturnType<typeof asking>, answers: Record<string, string[]>) {
    const asked = await chat.stream(createRequest("?"));
    const last = asked.at(-1);
    if (last?.type !== "thread.item.done") throw new Error("nothing was asked");
    const input = {
      status: "answered",
      answers: Object.fromEntries(
        Object.entries(answers).map(([key, values]) => [`trip.${key}`, { values }]),
      ),
    };
    return chat.stream({
      type: "threads.add_structured_input",
      params: { thread_id: threadIdOf(asked), item_id: last.item.id, input },
    });
  }

  test("are asked with their names as ids", async () => {
    expect((await asking(false).stream(createRequest("?"))).at(-1)).toMatchObject({
      item: {
        type: "structured_input",
        status: "pending",
        inputs: [
          { id: "trip.place", options: [{ value: "Oslo" }, { value: "Brno" }], multiple: false },
          { id: "trip.extras", multiple: true },
          { id: "trip.nights", type: "freeform", description: "A number" },
        ],
      },
    });
  });

  test("answers arrive as the application's schema reads them; what was skipped is missing", async () => {
    const all = await answered(asking(false), { place: ["Paris"], extras: ["a", "b"], nights: ["3"] });
    expect(JSON.parse(streamedText(all))).toEqual({ place: "Paris", extras: ["a", "b"], nights: 3 });
    expect(JSON.parse(streamedText(await answered(asking(false), { place: ["Oslo"] })))).toEqual({
      place: "Oslo",
      extras: ["none"],
    });
  });

  test("answers that do not fit are named to who asks again, or end the turn with an error", async () => {
    const wrong = { extras: ["a"], nights: ["a few"] };
    expect(streamedText(await answered(asking(true), wrong))).toBe("Again: place,nights");
    expect((await answered(asking(false), wrong)).at(-1)).toMatchObject({
      type: "error",
      code: "custom",
      allow_retry: false,
    });
  });
});

test("other hooks are handed on, and keep their words", async () => {
  const chat = converse(
    defineResponder({
      respond: (turn) => text(turn, "Hi"),
      streamOptions: () => ({ allowCancel: false }),
      transcribe: async (_context, { mediaType }) => mediaType,
    }),
  );
  const events = await chat.stream(createRequest("?"));
  expect(events[2]).toMatchObject({ stream_options: { allow_cancel: false } });
  expect(streamedText(await chat.stream(addRequest(threadIdOf(events), "?")))).toBe("Hi");
  const audio = { audio_base64: Buffer.from("x").toString("base64"), mime_type: "audio/webm" };
  expect(await chat.json({ type: "input.transcribe", params: audio })).toEqual({ text: "audio/webm" });
});
