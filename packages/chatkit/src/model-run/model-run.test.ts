import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";

import { expect, test } from "vitest";

import { messageEvents } from "../../test/responses-stand-in.ts";
import { assistantItem, collect, createTurn, type TurnFixture } from "../../test/turn-fixture.ts";
import type { ResponderEvent } from "../ports.ts";
import type { Task, WorkflowItem } from "../protocol/index.ts";
import {
  GuardrailTripped,
  type ModelRun,
  type ModelRunOptions,
  type ModelSignal,
  streamModelRun,
} from "./model-run.ts";

const partOf = (text: string) => ({ type: "output_text", text, annotations: [] });
const messageOf = (text: string, id = "msg_1") => modelSignals(messageEvents([text], id, partOf(text)));
const progress = (text: string) => ({ type: "progress_update" as const, text });
const task = (title: string): Task => ({ type: "custom", status_indicator: "none", title });
const reasoning = { type: "response.output_item.added", item: { id: "rs_1", type: "reasoning" } };

test("what is pushed while the model is silent comes at once, and all in order of arrival (O18, O19)", async () => {
  const events = streamModelRun(createTurn("Hi"), async function* (run) {
    run.push(progress("one"));
    await sleep(10);
    run.push(progress("two"));
    await Promise.race([taken.promise, sleep(2_000)]);
    yield messageOf("Hello");
    run.push(progress("three"));
  });
  const taken = Promise.withResolvers<void>();
  const seen: string[] = [];
  for await (const event of events) {
    seen.push(event.type === "progress_update" ? event.text : event.type);
    if (seen.at(-1) === "two") taken.resolve();
  }
  expect(seen).toEqual([
    "one",
    "two",
    "thread.item.added",
    ...Array.from({ length: 3 }, () => "thread.item.updated"),
    "thread.item.done",
    "three",
  ]);
});

test("what is pushed is copied: later changes do not show", async () => {
  const events = await eventsOf(async (run) => {
    const event = progress("before");
    const first = task("before");
    run.push(event);
    run.addTask(first);
    event.text = "after";
    first.title = "after";
    run.updateTask(0, task("updated"));
  });
  expect(events).toMatchObject([
    { text: "before" },
    { item: { workflow: { tasks: [{ title: "before" }] } } },
    { update: { type: "workflow.task.updated", task: { title: "updated" } } },
  ]);
});

test("a workflow that is pushed goes through the same bookkeeping as one of the helpers", async () => {
  const turn = createTurn("Hi");
  const item: WorkflowItem = {
    id: "wf_1",
    thread_id: "thr_1",
    created_at: "2026-01-01T00:00:00Z",
    type: "workflow",
    workflow: { type: "custom", tasks: [task("a")], expanded: true },
  };
  const events = await eventsOf(async (run) => {
    run.push({ type: "thread.item.added", item });
    run.push({
      type: "thread.item.updated",
      item_id: "wf_1",
      update: { type: "workflow.task.added", task_index: 1, task: task("b") },
    });
    run.addTask(task("c"));
    run.startWorkflow({ type: "custom", tasks: [task("d")], expanded: false });
  }, turn);
  expect(events.slice(2)).toMatchObject([
    { update: { type: "workflow.task.added", task_index: 2 } },
    {
      type: "thread.item.done",
      item: { id: "wf_1", workflow: { tasks: [{ title: "a" }, { title: "b" }, { title: "c" }] } },
    },
    { type: "thread.item.added", item: { workflow: { tasks: [{ title: "d" }] } } },
  ]);
  expect(turn.kept).toMatchObject([{ workflow: { tasks: [{ title: "d" }] } }]);
});

test("a workflow that was pushed as done or removed is not closed again", async () => {
  const turn = createTurn("Hi");
  const item: WorkflowItem = {
    id: "wf_1",
    thread_id: "thr_1",
    created_at: turn.now(),
    type: "workflow",
    workflow: { type: "custom", tasks: [], expanded: true },
  };
  for (const last of [
    { type: "thread.item.done" as const, item },
    { type: "thread.item.removed" as const, item_id: "wf_1" },
  ]) {
    const events = await eventsOf(async (run) => {
      run.push({ type: "thread.item.added", item });
      run.push(last);
    }, turn);
    expect(events.map((event) => event.type)).toEqual(["thread.item.added", last.type]);
  }
  expect(turn.kept).toEqual([]);
});

test("tasks that are not there cannot be updated", async () => {
  await eventsOf(async (run) => {
    expect(() => run.updateTask(0, task("x"))).toThrow(RangeError);
    run.addTask(task("a"));
    expect(() => run.updateTask(1, task("x"))).toThrow(RangeError);
  });
});

test("an explicit end keeps a workflow expanded, and gives it its summary", async () => {
  const events = await eventsOf(async (run) => {
    run.addTask(task("a"));
    run.endWorkflow({ summary: { title: "Looked" }, expanded: true });
  });
  expect(events.at(-1)).toMatchObject({
    item: { workflow: { summary: { title: "Looked" }, expanded: true } },
  });
});

test("a workflow is at most continued, never taken back, when a guardrail trips (O22)", async () => {
  const turn = createTurn("Hi");
  const earlier: WorkflowItem = {
    id: "wf_old",
    thread_id: "thr_1",
    created_at: "2025-12-31T23:59:00Z",
    type: "workflow",
    workflow: { type: "reasoning", tasks: [], expanded: false },
  };
  turn.items.push(earlier);
  const tripped = new GuardrailTripped("output");
  const { events, thrown } = await outcomeOf(
    streamModelRun(turn, async function* (run) {
      yield { type: "tool_called", item: { id: "fc_1", call_id: "call_1" } };
      yield messageOf("Bad");
      run.push({ type: "thread.item.done", item: assistantItem("pushed") });
      await nextTurn();
      for (let n = 0; n < 10; n += 1) run.push(progress(`late ${n}`));
      throw tripped;
    }),
  );
  expect(thrown).toBe(tripped);
  expect(events[0]).toMatchObject({ type: "thread.item.done", item: { id: "wf_old" } });
  const removed = events.flatMap((event) => (event.type === "thread.item.removed" ? [event.item_id] : []));
  expect(removed).toHaveLength(3);
  expect(removed).toEqual(expect.arrayContaining(["msg_1", "fc_1"]));
  expect(events).not.toContainEqual(progress("late 9"));
});

test("what a source throws comes after what it has sent, and takes nothing back", async () => {
  const { events, thrown } = await outcomeOf(
    streamModelRun(createTurn("Hi"), async function* (run) {
      yield messageOf("Half").slice(0, 3);
      run.push(progress("last"));
      throw new Error("broken");
    }),
  );
  expect(events.map((event) => event.type)).toEqual([
    "thread.item.added",
    "thread.item.updated",
    "thread.item.updated",
    "progress_update",
  ]);
  expect(thrown).toMatchObject({ message: "broken" });
});

test("a signal that cannot be mapped is thrown where it was yielded, after what came before it", async () => {
  let told: unknown = null;
  const { events, thrown } = await outcomeOf(
    streamModelRun(createTurn("Hi"), async function* () {
      try {
        yield [...messageOf("Half").slice(0, 2), { type: "model" as const, event: 1 }];
      } catch (error) {
        told = error;
        throw error;
      }
    }),
  );
  expect(events).toHaveLength(2);
  expect(thrown).toMatchObject({ reason: "upstream_malformed" });
  expect(told).toBe(thrown);
});

test("a reader that leaves does not wait for the model, and the model is told", async () => {
  const aborted = Promise.withResolvers<string>();
  const events = streamModelRun(createTurn("Hi"), async function* (run, signal) {
    signal.addEventListener("abort", () => aborted.resolve("aborted"));
    run.push(progress("one"));
    await new Promise(() => undefined);
    yield [];
  });
  for await (const event of events) if (event.type === "progress_update") break;
  expect(await Promise.race([aborted.promise, sleep(1_000, "hangs")])).toBe("aborted");
});

test("a stopped run stores nothing and calls no client tool", async () => {
  const turn = createTurn("Hi");
  const events = await eventsOf(async (run) => {
    run.addTask(task("a"));
    run.requestClientTool({ name: "t", arguments: {} });
    turn.stop();
  }, turn);
  expect(events).toHaveLength(1);
  expect(turn.kept).toEqual([]);
});

test("one client tool call is all there may be, and it comes last (O20, O21)", async () => {
  const events = await eventsOf(async (run) => {
    run.requestClientTool({ name: "look", arguments: { a: 1 } });
    expect(() => run.requestClientTool({ name: "again", arguments: {} })).toThrow(RangeError);
    run.push(progress("later"));
  });
  expect(events).toMatchObject([
    { text: "later" },
    {
      type: "thread.item.done",
      item: {
        id: expect.stringMatching(/^tc_/),
        call_id: expect.stringMatching(/^tc_/),
        status: "pending",
        name: "look",
        arguments: { a: 1 },
      },
    },
  ]);
});

test("what is pushed after the end has no effect", async () => {
  let late: ModelRun | null = null;
  await eventsOf(async (run) => void (late = run));
  const run = late as ModelRun | null;
  expect(() => {
    run?.push(progress("late"));
    run?.addTask(task("late"));
    run?.updateTask(7, task("late"));
    run?.endWorkflow();
  }).not.toThrow();
});

test("a tool that pushes without end ends the run", async () => {
  const { thrown } = await outcomeOf(
    streamModelRun(createTurn("Hi"), async function* (run) {
      for (let n = 0; n < 10_001; n += 1) run.push(progress("again"));
      await sleep(2_000);
      yield [];
    }),
  );
  expect(thrown).toMatchObject({ reason: "internal" });
});

test("images: a result ends it, without one it is taken away, a slow upload keeps the order (O10, O13)", async () => {
  const image = (id: string, result: string | null) => ({ id, type: "image_generation_call", result });
  const added = (id: string) => ({ type: "response.output_item.added", item: image(id, null) });
  const done = (id: string, result: string | null) => ({
    type: "response.output_item.done",
    item: image(id, result),
  });
  const asked: unknown[] = [];
  const events = await eventsOf(
    modelSignals([
      added("ig_1"),
      added("ig_2"),
      done("ig_1", "QQ=="),
      done("ig_2", null),
      done("ig_3", "QQ=="),
    ]),
    createTurn("Hi"),
    {
      imageUrl: async (given) => {
        asked.push(given);
        await sleep(5);
        return "https://img.example.com/1";
      },
    },
  );
  expect(events.map((event) => event.type)).toEqual([
    "thread.item.added",
    "thread.item.added",
    "thread.item.done",
    "thread.item.removed",
  ]);
  expect(asked).toEqual([{ callId: "ig_1", base64: "QQ==", partialIndex: null }]);
});

test("what a response leaves open is completed with its end: messages as they stand, images not at all", async () => {
  const events = await eventsOf(
    modelSignals([
      ...messageEvents(["Half"], "msg_1", partOf("Half")).slice(0, 3),
      { type: "response.output_item.added", item: { id: "ig_1", type: "image_generation_call" } },
      { type: "response.incomplete", response: {} },
    ]),
  );
  expect(events.slice(-2)).toMatchObject([
    { type: "thread.item.done", item: { id: "msg_1", content: [{ text: "Half" }] } },
    { type: "thread.item.removed" },
  ]);
});

test("a thought that is cut short does not go on loading", async () => {
  const events = await eventsOf(
    [
      ...modelSignals([
        reasoning,
        { type: "response.reasoning_summary_text.delta", item_id: "rs_1", summary_index: 0, delta: "Hm" },
      ]),
      ...messageOf("Hello"),
    ],
    createTurn("Hi"),
    { thoughtProgress: true },
  );
  expect(events.find((event) => event.type === "thread.item.done")).toMatchObject({
    item: { workflow: { tasks: [{ content: "Hm", status_indicator: "complete" }] } },
  });
});

test("annotations that have been streamed stay when the part is done", async () => {
  const whole = messageEvents(["Hello"], "msg_1", partOf("Hello"));
  const citation = {
    type: "url_citation",
    url: "https://example.com",
    title: "E",
    start_index: 0,
    end_index: 5,
  };
  const annotated = {
    type: "response.output_text.annotation.added",
    item_id: "msg_1",
    content_index: 0,
    annotation: citation,
  };
  const events = await eventsOf(modelSignals([...whole.slice(0, 3), annotated, ...whole.slice(3, 4)]));
  expect(events.at(-1)).toMatchObject({ update: { content: { annotations: [{ index: 5 }] } } });
});

function modelSignals(events: readonly object[]): ModelSignal[] {
  return events.map((event) => ({ type: "model", event }));
}

function eventsOf(
  script: ((run: ModelRun) => Promise<void>) | readonly ModelSignal[],
  turn: TurnFixture = createTurn("Hi"),
  options: ModelRunOptions = {},
): Promise<ResponderEvent[]> {
  const source = async function* (run: ModelRun) {
    if (typeof script === "function") await script(run);
    else yield script;
  };
  return collect(streamModelRun(turn, source, options));
}

async function outcomeOf(run: AsyncIterable<ResponderEvent>) {
  const events: ResponderEvent[] = [];
  try {
    for await (const event of run) events.push(event);
  } catch (thrown) {
    return { events, thrown };
  }
  return { events, thrown: null };
}
