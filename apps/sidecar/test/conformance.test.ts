// The conformance command as a whole process, on cases made up for it.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { runConformance } from "./conformance-command.ts";

// Each test starts processes, on a machine that may be busy.
vi.setConfig({ testTimeout: 30_000 });

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sidekit-cases-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

type Members = Record<string, unknown>;

const message = (text: string) => ({
  content: [{ type: "input_text", text }],
  attachments: [],
  inference_options: {},
});
const userItem = (text: string) => ({
  id: "<message:1>",
  thread_id: "<thread:1>",
  created_at: "<time>",
  type: "user_message",
  ...message(text),
});
const answerItem = { type: "assistant_message", id: "msg_echo" };
const said = (text: string) => [{ type: "output_text", text, annotations: [] }];
const shownAnswer = { ...answerItem, thread_id: "<thread:1>", created_at: "<time>" };
const thread = { id: "<thread:1>", created_at: "<time>", status: { type: "active" }, metadata: {} };

const prologue = [
  { type: "thread.created", thread: { ...thread, items: { data: [], has_more: false } } },
  { type: "thread.item.done", item: userItem("ping") },
  { type: "stream_options", stream_options: { allow_cancel: true } },
];
const create = { request: { type: "threads.create", params: { input: message("ping") } } };
const respondCall = { fn: "respond", user: "ann", thread, input: userItem("ping") };

function makeCase(members: Members): Members {
  const head = { id: "T1", title: "made up", area: "lists", section: "1", kind: "server" };
  return { ...head, recommended: false, tags: [], setup: { users: ["ann"] }, ...members };
}

/** Echoes the message, stops at a gate, waits to be aborted in its second turn. */
const conversation = makeCase({
  responder: [
    { when: { turn: 2 }, ops: [{ yield: { type: "progress_update", text: "busy" } }, { awaitAbort: true }] },
    { gate: "middle" },
    {
      yield: {
        type: "thread.item.done",
        item: { ...answerItem, content: [{ type: "output_text", text: { $get: "input.content.0.text" } }] },
      },
    },
    { setThread: { title: { $concat: ["about ", { $get: "user" }] } } },
  ],
  steps: [
    {
      ...create,
      gates: [
        {
          name: "middle",
          afterEvents: 3,
          steps: [
            {
              inspectStore: { thread: { $ref: "thread:1" } },
              expect: { thread, items: [userItem("ping")] },
            },
          ],
        },
      ],
      expect: {
        kind: "sse",
        events: [
          ...prologue,
          { type: "thread.item.done", item: { ...shownAnswer, content: said("ping") } },
          {
            type: "thread.updated",
            thread: { ...thread, title: "about ann", items: { data: [], has_more: false } },
          },
        ],
      },
      calls: [respondCall],
    },
    {
      request: {
        type: "threads.add_user_message",
        params: { thread_id: { $ref: "thread:1" }, input: message("again") },
      },
      abort: { afterEvents: 3, when: "waiting" },
      expect: {
        kind: "sse",
        aborted: true,
        events: ["<any>", "<any>", { type: "progress_update", text: "busy" }],
      },
    },
    {
      pages: { type: "items.list", params: { thread_id: { $ref: "thread:1" }, limit: 2 } },
      expect: { kind: "pages", rows: ["<any>", "<any>", userItem("ping")], pageSizes: [2, 1] },
    },
    {
      http: { body: { type: "threads.get_by_id", params: { thread_id: "thr_nowhere" } } },
      expect: { kind: "http", status: [404, 410] },
      calls: [],
    },
  ],
});

const storeCase = makeCase({
  id: "T2",
  kind: "store",
  area: "stores",
  recommended: true,
  steps: [
    { saveThread: { thread: { id: "thr_1", created_at: "2025-01-01T10:00:00Z" } }, expect: {} },
    { loadThreads: {}, expect: { ids: ["thr_1"], has_more: false } },
    {
      loadThread: { id: "thr_1" },
      expect: { thread: { ...thread, id: "thr_1", created_at: { $instant: "2025-01-01T11:00:00+01:00" } } },
    },
    { as: "bob", loadThread: { id: "thr_1" }, expect: { error: "not_found" } },
  ],
});

function write(...cases: Members[]): void {
  for (const made of cases) writeFileSync(join(folder, `${String(made["id"])}.json`), JSON.stringify(made));
}

/** The case with one value replaced, by the path to it. */
function changed(made: Members, path: (string | number)[], value: unknown): Members {
  const copy: Members = JSON.parse(JSON.stringify(made));
  const target = path.slice(0, -1).reduce<Members>((part, name) => part[name] as Members, copy);
  target[String(path.at(-1))] = value;
  return copy;
}

describe("cases that hold", () => {
  test("pass on both stores", async () => {
    write(conversation, storeCase);
    const run = await runConformance([folder]);
    expect(run.lines.at(-1)).toBe("4 passed, 0 failed, 0 skipped");
    expect(run.status).toBe(0);
    expect(run.lines.filter((line) => line.startsWith("fail"))).toEqual([]);
    expect(run.stdout).toMatch(/cases\/lists +sqlite +1 pass +0 fail +0 skip +memory +1 pass/);
    expect(run.stdout).toMatch(/recommended\/stores +sqlite +1 pass/);
  });

  test("can be chosen by id, store and verbosity", async () => {
    write(conversation, storeCase);
    const run = await runConformance(["--only", "T2", "--store", "memory", "--verbose", folder]);
    expect(run.lines).toContain("pass memory T2 (recommended/stores)");
    expect(run.lines.at(-1)).toBe("1 passed, 0 failed, 0 skipped");
  });
});

test("a script that cannot be played fails the case, also where an error is expected", async () => {
  const error = { type: "error", code: "stream.error", allow_retry: true };
  const expected = { expect: { kind: "sse", events: [...prologue, error] } };
  const responder = [{ yield: { type: "notice", level: "info", message: { $ref: "thread:9" } } }];
  write(
    makeCase({ id: "T4", responder, steps: [{ ...create, ...expected }] }),
    makeCase({
      id: "T5",
      responder: [{ throw: { kind: "unexpected" } }],
      steps: [{ ...create, ...expected }],
    }),
  );
  const run = await runConformance(["--store", "memory", folder]);
  expect(run.stdout).toContain("fail memory T4 (cases/lists): $ref thread:9 is not bound to anything yet.");
  expect(run.lines.at(-1)).toBe("1 passed, 1 failed, 0 skipped");
});

test("kept objects, counted repetitions and direct writes are what the script says", async () => {
  const item = { ...answerItem, content: said("old") };
  const hidden = { type: "hidden_context_item", id: "h", content: "noted" };
  const text = { $concat: [{ $repeat: ["x", 2] }, { $get: "i" }, { $get: "turn" }] };
  const responder = [
    { let: "kept", be: { $merge: [item, { id: "msg_kept" }] } },
    { repeat: 2, ops: [{ assign: { var: "kept", path: ["content", 0, "text"], value: text } }] },
    {
      push: { var: "kept", path: ["content"], value: { type: "output_text", text: "more", annotations: [] } },
    },
    { store: { addItem: { ...hidden, id: "gone" } } },
    { store: { addItem: hidden } },
    { store: { deleteItem: "gone" } },
    { yield: { type: "thread.item.done", item: { $var: "kept" } } },
  ];
  const kept = { ...shownAnswer, id: "msg_kept", content: [...said("xx21"), ...said("more")] };
  const noted = { ...hidden, thread_id: "<thread:1>", created_at: "<time>" };
  write(
    makeCase({
      responder,
      steps: [
        {
          ...create,
          expect: { kind: "sse", events: [...prologue, { type: "thread.item.done", item: kept }] },
        },
        {
          inspectStore: { thread: { $ref: "thread:1" } },
          expect: { thread, items: [userItem("ping"), { $unordered: [kept, noted] }] },
        },
      ],
    }),
  );
  const run = await runConformance([folder]);
  expect(run.lines.filter((line) => line.startsWith("fail"))).toEqual([]);
  expect(run.lines.at(-1)).toBe("2 passed, 0 failed, 0 skipped");
});

test("a case of a policy that this server does not have is left out, and said to be", async () => {
  write(makeCase({ tags: ["policy:content-type"], steps: [] }));
  const run = await runConformance([folder]);
  expect(run.lines).toContain(
    "left out: 2 × policy:content-type, because a request has to say that it is JSON (S24)",
  );
  expect(run.lines.at(-1)).toBe("0 passed, 0 failed, 2 skipped");
  expect(run.status).toBe(0);
});

describe("one changed value fails at its path", () => {
  test.each<[string, (string | number)[], unknown, string]>([
    [
      "a text in an event",
      ["steps", 0, "expect", "events", 3, "item", "content", 0, "text"],
      "pong",
      'steps[0].expect.events[3].item.content[0].text: expected "pong", got "ping"',
    ],
    [
      "an event too many",
      ["steps", 0, "expect", "events", 5],
      "<any>",
      "steps[0].expect.events[5]: expected",
    ],
    ["a call", ["steps", 0, "calls", 0, "user"], "bob", 'steps[0].calls[0].user: expected "bob", got "ann"'],
    ["a call that is not made", ["steps", 3, "calls"], [respondCall], "steps[3].calls[0]: expected"],
    [
      "the store at a gate",
      ["steps", 0, "gates", 0, "steps", 0, "expect", "items"],
      [],
      "steps[0].gates[0].steps[0].expect.items[0]: expected nothing",
    ],
    [
      "an event before an abort",
      ["steps", 1, "expect", "events", 2, "text"],
      "idle",
      'steps[1].expect.events[2].text: expected "idle", got "busy"',
    ],
    [
      "the size of a page",
      ["steps", 2, "expect", "pageSizes", 1],
      2,
      "steps[2].expect.pageSizes[1]: expected 2, got 1",
    ],
    ["a status", ["steps", 3, "expect", "status"], 200, 'steps[3].expect: expected "status 200", got "404'],
    ["a gate that is never reached", ["steps", 0, "gates", 0, "name"], "other", "waited 5 s for gate other"],
  ])("%s", async (_title, path, value, line) => {
    write(changed(conversation, path, value));
    const run = await runConformance(["--store", "memory", folder]);
    expect(run.lines.find((text) => text.startsWith("fail memory T1 (cases/lists): "))).toContain(line);
    expect(run.lines.at(-1)).toBe("0 passed, 1 failed, 0 skipped");
    expect(run.status).toBe(1);
  });

  test("a store that answers otherwise", async () => {
    write(changed(storeCase, ["steps", 1, "expect", "ids"], ["thr_2"]));
    const run = await runConformance([folder]);
    expect(run.stdout).toContain('steps[1].expect.ids[0]: expected "thr_2", got "thr_1"');
    expect(run.lines.at(-1)).toBe("0 passed, 2 failed, 0 skipped");
    expect(run.status).toBe(1);
  });
});

describe("what cannot be used", () => {
  test("a malformed case fails beside those that pass", async () => {
    write(storeCase, makeCase({ id: "T3", surprise: 1, steps: [] }));
    const run = await runConformance(["--store", "memory", folder]);
    expect(run.stdout).toMatch(/^fail .*T3\.json: malformed case: .*surprise/m);
    expect(run.lines.at(-1)).toBe("1 passed, 1 failed, 0 skipped");
    expect(run.status).toBe(2);
  });

  test.each([
    ["no folder", () => []],
    ["a folder that is not there", () => [join(folder, "nowhere")]],
    ["a folder without cases", () => [folder]],
    ["an option that is none", () => ["--fast", folder]],
    ["a store that is none", () => ["--store", "paper", folder]],
    ["an id that no case has", () => (write(storeCase), ["--only", "T9", folder])],
  ])("%s ends with 2", async (_title, args) => {
    const run = await runConformance(args());
    expect(run.status).toBe(2);
    expect(run.stderr).toContain("Usage: pnpm conformance");
  });

  test("help is no failure", async () => {
    const run = await runConformance(["--help"]);
    expect(run.status).toBe(0);
    expect(run.stdout).toContain("--only <id>");
  });
});
