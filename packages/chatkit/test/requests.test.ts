// The requests beyond messages and lists: retry, tool output, structured input, actions, feedback, dictation.

import { expect, test, describe } from "vitest";

import {
  type Feedback,
  refusal,
  type Responder,
  type ResponderEvent,
  type Turn,
  turnError,
} from "@sidekit/chatkit";
import type { StoredItem, StructuredInputItem, WidgetItem } from "@sidekit/chatkit/protocol";

import {
  ada,
  addRequest,
  bob,
  converse,
  type Conversation,
  createRequest,
  messageItem,
  threadIdOf,
  untilAborted,
} from "./conversation.ts";

describe("retry", () => {
  test("removes what came after the message, hidden items too, and answers the message again", async () => {
    const answered: string[] = [];
    const conversation = converse(async function* (turn) {
      answered.push(turn.userMessage?.id ?? "none");
      await turn.keep(hidden(turn, `note ${answered.length}`));
      yield { type: "thread.item.done", item: messageItem(turn, `answer ${answered.length}`) };
    });
    const threadId = threadIdOf(await conversation.stream(createRequest("one")));
    await conversation.stream(addRequest(threadId, "two"));
    const [first] = await conversation.stored(threadId);
    const events = await conversation.stream(retry(threadId, first?.id));
    expect(events.map(({ type }) => type)).toEqual(["stream_options", "thread.item.done"]);
    expect(answered.at(-1)).toBe(first?.id);
    expect(await texts(conversation, threadId)).toEqual(["one", "note 3", "answer 3"]);
  });

  test("S65, S72: is refused for anything but a message of the user in this thread", async () => {
    const conversation = converse(sayOk);
    const threadId = threadIdOf(await conversation.stream(createRequest("one")));
    const [, answer] = await conversation.stored(threadId);
    expect((await conversation.refusal(retry(threadId, answer?.id))).reason).toBe("wrong_item");
    expect((await conversation.refusal(retry(threadId, "msg_none"))).httpStatus).toBe(404);
    expect((await conversation.refusal(retry("thr_none", "msg_none"))).httpStatus).toBe(404);
    expect((await conversation.refusal(retry(threadId, answer?.id), bob)).httpStatus).toBe(404);
    expect(await texts(conversation, threadId)).toEqual(["one", "ok"]);
  });
});

describe("output of a client tool", () => {
  const calls: Responder["respond"] = async function* (turn) {
    if (turn.cause.kind !== "client_tool_output") {
      for (const id of ["tc_1", "tc_2"]) yield { type: "thread.item.done", item: pendingCall(turn, id) };
      await turn.keep(hidden(turn, "between"));
      return;
    }
    const { output } = turn.cause.call;
    yield { type: "thread.item.done", item: messageItem(turn, `got ${JSON.stringify(output ?? null)}`) };
  };

  test("S72: completes the newest call, drops the others, and goes on without a message", async () => {
    const conversation = converse(calls);
    const threadId = threadIdOf(await conversation.stream(createRequest("go")));
    const events = await conversation.stream(output(threadId, { text: "Wow", none: null }));
    expect(events.map(({ type }) => type)).toEqual(["stream_options", "thread.item.done"]);
    const stored = await conversation.stored(threadId);
    expect(stored.find(({ id }) => id === "tc_1")).toBeUndefined();
    expect(stored.find(({ id }) => id === "tc_2")).toMatchObject({
      status: "completed",
      output: { text: "Wow", none: null },
    });
    expect((await texts(conversation, threadId)).at(-1)).toBe('got {"text":"Wow","none":null}');
  });

  test("is taken once, and only while nothing else has been said (S72)", async () => {
    const conversation = converse(calls);
    const threadId = threadIdOf(await conversation.stream(createRequest("go")));
    await conversation.stream(output(threadId, null));
    const again = await conversation.refusal(output(threadId, null));
    expect(again).toMatchObject({ reason: "not_pending", httpStatus: 409 });
    const said = converse(async function* (turn) {
      if (turn.userMessage?.content[0]?.text === "go") {
        yield { type: "thread.item.done", item: pendingCall(turn, "tc_1") };
      }
    });
    const other = threadIdOf(await said.stream(createRequest("go")));
    await said.stream(addRequest(other, "never mind"));
    expect((await said.refusal(output(other, 1))).reason).toBe("not_pending");
    expect((await said.stored(other))[1]).toMatchObject({ status: "pending" });
  });
});

describe("structured input", () => {
  const asks: Responder["respond"] = async function* (turn) {
    if (turn.cause.kind === "user_message") {
      yield { type: "thread.item.done", item: question(turn) };
    } else if (turn.cause.kind === "structured_input") {
      const [subject] = turn.cause.item.inputs;
      yield { type: "thread.item.done", item: messageItem(turn, subject?.answer?.values.join() ?? "") };
    }
  };

  test("the answers are stored before they are shown, and reach the responder", async () => {
    const conversation = converse(asks);
    const threadId = threadIdOf(await conversation.stream(createRequest("lesson")));
    const events = await conversation.stream(
      submission(threadId, { answers: { subject: { values: ["Math", "Art"] }, nothing: { values: ["x"] } } }),
    );
    expect(events.map(({ type }) => type)).toEqual([
      "stream_options",
      "thread.item.replaced",
      "thread.item.done",
    ]);
    expect(events[1]).toMatchObject({
      item: {
        id: "si_1",
        status: "answered",
        inputs: [{ answer: { values: ["Math"], skipped: false } }, { answer: { values: [], skipped: true } }],
      },
    });
    expect((await conversation.stored(threadId))[1]).toEqual((events[1] as { item: StoredItem }).item);
    expect((await texts(conversation, threadId)).at(-1)).toBe("Math");
  });

  test("S72: is answered once", async () => {
    const conversation = converse(asks);
    const threadId = threadIdOf(await conversation.stream(createRequest("lesson")));
    await conversation.stream(submission(threadId, { status: "skipped" }));
    const again = await conversation.refusal(submission(threadId, { answers: {} }));
    expect(again).toMatchObject({ reason: "not_pending", httpStatus: 409 });
    const [message] = await conversation.stored(threadId);
    const wrong = { ...submission(threadId, {}).params, item_id: message?.id };
    const type = "threads.add_structured_input";
    expect((await conversation.refusal({ type, params: wrong })).reason).toBe("wrong_item");
  });
});

describe("actions", () => {
  const desk: Responder = {
    async *respond(turn) {
      yield { type: "thread.item.done", item: card(turn, "closed") };
    },
    async *act(turn) {
      const { action, sender } = turn.cause;
      yield { type: "progress_update", text: `${action.type} ${sender?.id ?? "page"}` };
      yield { type: "thread.item.replaced", item: card(turn, "open") };
    },
    async actSync({ action, sender, save, thread, now }) {
      if (action.type === "nothing" || sender === null) return null;
      const changed: WidgetItem = {
        ...sender,
        created_at: now(),
        thread_id: thread.id,
        copy_text: "changed",
      };
      if (action.type === "save") await save(changed);
      return changed;
    },
  };

  test("reach the handler with their widget or none, and what it replaces is durable", async () => {
    const conversation = converse(desk);
    const threadId = threadIdOf(await conversation.stream(createRequest("show")));
    const events = await conversation.stream(action(threadId, { type: "open" }, "w_1"));
    expect(events.map(({ type }) => type)).toEqual([
      "stream_options",
      "progress_update",
      "thread.item.replaced",
    ]);
    expect(events[1]).toMatchObject({ text: "open w_1" });
    expect((await conversation.stored(threadId))[1]).toMatchObject({ widget: { status: { text: "open" } } });
    for (const sender of [undefined, null, ""]) {
      expect((await conversation.stream(action(threadId, { type: "open" }, sender)))[1]).toMatchObject({
        text: "open page",
      });
    }
  });

  test("S65: without a handler, or from what is no widget, end with an error event", async () => {
    const conversation = converse({ respond: desk.respond });
    const threadId = threadIdOf(await conversation.stream(createRequest("show")));
    const [message] = await conversation.stored(threadId);
    expect(await conversation.stream(action(threadId, { type: "a" }))).toEqual([
      { type: "stream_options", stream_options: { allow_cancel: true } },
      { type: "error", code: "stream.error", allow_retry: true },
    ]);
    expect(await conversation.stream(action(threadId, { type: "a" }, message?.id))).toEqual([
      { type: "error", code: "stream.error", allow_retry: false },
    ]);
    expect((await conversation.refusal(action(threadId, { type: "a" }, "w_none"))).httpStatus).toBe(404);
    expect((await conversation.refusal(syncAction(threadId, "a", "w_1"))).httpStatus).toBe(501);
  });

  test("synchronous ones answer the widget beside a turn, and store only what they save", async () => {
    const stop = new AbortController();
    const conversation = converse({
      ...desk,
      async *respond(turn) {
        yield { type: "thread.item.done", item: card(turn, "closed") };
        await untilAborted(AbortSignal.any([stop.signal, turn.signal]));
        yield { type: "thread.item.done", item: messageItem(turn, "unaffected") };
      },
    });
    const reply = await conversation.start(createRequest("show"));
    const [thread] = (
      await conversation.store.listThreads(ada, { limit: 1, order: "desc" }, AbortSignal.timeout(1_000))
    ).rows;
    const threadId = thread?.id ?? "";
    while ((await conversation.stored(threadId)).length < 2) await new Promise(setImmediate);
    expect(await conversation.json(syncAction(threadId, "change", "w_1"))).toMatchObject({
      updated_item: { id: "w_1", copy_text: "changed" },
    });
    expect((await conversation.stored(threadId))[1]).not.toHaveProperty("copy_text");
    expect(await conversation.json(syncAction(threadId, "nothing", "w_1"))).toEqual({});
    await conversation.json(syncAction(threadId, "save", "w_1"));
    expect((await conversation.stored(threadId))[1]).toMatchObject({ copy_text: "changed" });
    stop.abort();
    while (conversation.server.activeRuns() > 0) await new Promise(setImmediate);
    reply.detach();
    expect((await texts(conversation, threadId)).at(-1)).toBe("unaffected");
  });
});

describe("feedback and dictation", () => {
  const seen: unknown[] = [];
  const listener: Responder = {
    respond: sayOk,
    async feedback({ owner }, feedback: Feedback) {
      seen.push([owner.user, feedback]);
    },
    async transcribe({ metadata }, { bytes, mimeType, mediaType }) {
      if (metadata["refuse"] === true) throw refusal(413, "Too long.");
      return `${Buffer.from(bytes).toString("utf8")} ${mimeType} ${mediaType}`;
    },
  };

  test("feedback reaches the application as it is", async () => {
    const conversation = converse(listener);
    const params = { thread_id: "thr_1", item_ids: ["a", "b"], kind: "negative" };
    expect(await conversation.json({ type: "items.feedback", params })).toEqual({});
    expect(seen).toEqual([["ada", { threadId: "thr_1", itemIds: ["a", "b"], kind: "negative" }]]);
    expect(await converse(sayOk).json({ type: "items.feedback", params })).toEqual({});
  });

  test("a recording arrives as bytes with its media type", async () => {
    const conversation = converse(listener);
    expect(await conversation.json(dictation("aGVq", "Audio/WebM ;codecs=opus"))).toEqual({
      text: "hej Audio/WebM ;codecs=opus audio/webm",
    });
  });

  const refused: [string, unknown, number][] = [
    ["bad padding", dictation("aGV", "audio/webm"), 400],
    ["foreign characters", dictation("aG!=", "audio/webm"), 400],
    ["bits that are not used", dictation("QR==", "audio/webm"), 400],
    ["nothing at all", dictation("", "audio/webm"), 400],
    ["something after the padding", dictation("aA==aA==", "audio/webm"), 400],
    ["another kind of sound", dictation("aGVq", "audio/midi"), 400],
    ["more than 10 MiB", dictation("A".repeat(13_981_020), "audio/webm"), 413],
    ["the application says so", { ...dictation("aGVq", "audio/webm"), metadata: { refuse: true } }, 413],
  ];
  for (const [name, request, status] of refused) {
    test(`S108: a recording is refused: ${name}`, async () => {
      expect((await converse(listener).refusal(request)).httpStatus).toBe(status);
    });
  }

  test("an application that does not answer is given up after a while, and told so", async () => {
    let told = false;
    const responder: Responder = {
      respond: sayOk,
      transcribe: ({ signal }) =>
        new Promise(() => signal.addEventListener("abort", () => (told = true), { once: true })),
    };
    const refused = await converse(responder, { limits: { silenceMs: 30 } }).refusal(
      dictation("aGVq", "audio/webm"),
    );
    expect(refused).toMatchObject({ code: "upstream_timeout", httpStatus: 504 });
    expect(told).toBe(true);
  });

  test("without a transcriber it is not offered", async () => {
    expect((await converse(sayOk).refusal(dictation("aGVq", "audio/webm"))).httpStatus).toBe(501);
  });
});

describe("options of the stream", () => {
  test("come from the responder", async () => {
    const responder: Responder = { respond: sayOk, streamOptions: () => ({ allowCancel: false }) };
    const events = await converse(responder).stream(createRequest("Hi"));
    expect(events[2]).toEqual({ type: "stream_options", stream_options: { allow_cancel: false } });
  });

  test("are one of two, whatever an application without types answers", async () => {
    const untyped = { streamOptions: async () => ({ allowCancel: false }) };
    const responder = Object.assign<Responder, object>({ respond: sayOk }, untyped);
    const events = await converse(responder).stream(createRequest("Hi"));
    expect(events).toContainEqual({ type: "stream_options", stream_options: { allow_cancel: true } });
  });

  test("that cannot be had are an error after the message", async () => {
    const responder: Responder = {
      respond: sayOk,
      streamOptions() {
        throw turnError({ message: "No options", allowRetry: true });
      },
    };
    const events = await converse(responder).stream(createRequest("Hi"));
    expect(events.map(({ type }) => type)).toEqual(["thread.created", "thread.item.done", "error"]);
    expect(events.at(-1)).toEqual({
      type: "error",
      code: "custom",
      message: "No options",
      allow_retry: true,
    });
  });
});

async function* sayOk(turn: Turn): AsyncGenerator<ResponderEvent> {
  yield { type: "thread.item.done", item: messageItem(turn, "ok") };
}

function retry(threadId: string, itemId: string | undefined) {
  return { type: "threads.retry_after_item", params: { thread_id: threadId, item_id: itemId } };
}

function output(threadId: string, result: unknown) {
  return { type: "threads.add_client_tool_output", params: { thread_id: threadId, result } };
}

function submission(threadId: string, input: object) {
  return { type: "threads.add_structured_input", params: { thread_id: threadId, item_id: "si_1", input } };
}

function action(threadId: string, given: object, sender?: string | null) {
  const item = sender === undefined ? {} : { item_id: sender };
  return { type: "threads.custom_action", params: { thread_id: threadId, ...item, action: given } };
}

function syncAction(threadId: string, type: string, sender: string) {
  const params = { thread_id: threadId, item_id: sender, action: { type } };
  return { type: "threads.sync_custom_action", params };
}

function dictation(audio: string, mimeType: string) {
  return { type: "input.transcribe", params: { audio_base64: audio, mime_type: mimeType } };
}

function hidden(turn: Turn, content: string): StoredItem {
  const id = turn.newId("hidden_context");
  const { id: thread_id } = turn.thread;
  return { id, thread_id, created_at: turn.now(), type: "hidden_context_item", content };
}

function pendingCall(turn: Turn, id: string) {
  const base = { id, thread_id: turn.thread.id, created_at: turn.now(), type: "client_tool_call" } as const;
  return { ...base, status: "pending", call_id: `call_${id}`, name: "select", arguments: {} } as const;
}

function question(turn: Turn): StructuredInputItem {
  return {
    id: "si_1",
    thread_id: turn.thread.id,
    created_at: turn.now(),
    type: "structured_input",
    status: "pending",
    inputs: [
      {
        type: "multiple_choice",
        id: "subject",
        question: "Which?",
        options: [{ value: "Math" }],
        multiple: false,
      },
      { type: "freeform", id: "details", question: "More?" },
    ],
  };
}

function card(turn: Turn, status: string): WidgetItem {
  return {
    id: "w_1",
    thread_id: turn.thread.id,
    created_at: turn.now(),
    type: "widget",
    widget: { type: "Card", status: { text: status }, children: [] },
  };
}

async function texts(conversation: Conversation, threadId: string): Promise<unknown[]> {
  return (await conversation.stored(threadId)).map((item) => {
    if (item.type === "hidden_context_item") return item.content;
    return "content" in item && Array.isArray(item.content) ? item.content[0]?.text : item.type;
  });
}
