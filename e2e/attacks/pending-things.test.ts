// What is going on with one user, against others: an answer on its way, a question, a card and a tool that wait. To somebody
// else each is what is not there, to the byte.

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { converse, message, post, threadIdOf } from "../chat.ts";
import { send, type RawAnswer } from "../raw-http.ts";
import { startSidecar, type Sidecar } from "../sidecar.ts";
import { startIdentityProvider, type IdentityProvider, type Person } from "./identity-provider.ts";
import { bearer, createSession } from "./target.ts";

const ann: Person = { sub: "ann", org: "acme" };
const canary = "the harvest report of November";
/** They may differ, and tell nothing. */
const passing = new Set(["date", "x-request-id"]);
/** What somebody has, of each kind one. */
const kinds = [
  "thread",
  "message",
  "widgetThread",
  "widget",
  "formThread",
  "form",
  "toolThread",
  "runningThread",
  "run",
] as const;
type Belongings = Record<(typeof kinds)[number], string>;

let provider: IdentityProvider;
let sidecar: Sidecar;
let hers: Belongings;
let herSecret: string;

beforeAll(async () => {
  provider = await startIdentityProvider();
  sidecar = await startSidecar({
    env: {
      ...provider.env,
      SIDEKIT_REQUESTS_PER_MINUTE: "1000",
      SIDEKIT_MINTS_PER_MINUTE: "1000",
      SIDEKIT_DETACH_GRACE_SECONDS: "600",
    },
  });
  const secret = await signIn(ann);
  herSecret = secret;
  const [told, widget, form, tool] = await Promise.all(
    [canary, "widget", "form", "tool"].map((text) =>
      converse(sidecar, secret, message(text)).then(threadIdOf),
    ),
  );
  hers = {
    ...(await itemsOf(secret, told!, widget!, form!)),
    toolThread: tool!,
    // Begun anew with each of the others, so that it still goes on.
    runningThread: "",
    run: "",
  };
}, 60_000);
afterAll(async () => {
  await sidecar?.[Symbol.asyncDispose]();
  await provider?.[Symbol.asyncDispose]();
});

const chat = (type: string, params: object) => ({
  name: type,
  path: "/chatkit",
  body: JSON.stringify({ type, params }),
});
const structured = { status: "answered", answers: {} };
const action = { type: "count", payload: {} };

/** Each asks for something of `its`; `own` is the asker's, where an id of each belongs in one request. */
function chatKitProbes(its: Belongings, own: Belongings) {
  const { input } = message("mine now").params;
  return [
    chat("threads.add_user_message", { thread_id: its.runningThread, input }),
    chat("threads.add_client_tool_output", { thread_id: its.toolThread, result: { timeZone: "UTC" } }),
    chat("threads.add_structured_input", {
      thread_id: its.formThread,
      item_id: its.form,
      input: structured,
    }),
    chat("threads.add_structured_input", {
      thread_id: own.formThread,
      item_id: its.form,
      input: structured,
    }),
    chat("threads.retry_after_item", { thread_id: own.thread, item_id: its.message }),
    chat("threads.custom_action", { thread_id: its.widgetThread, item_id: its.widget, action }),
    chat("threads.custom_action", { thread_id: own.widgetThread, item_id: its.widget, action }),
    chat("threads.custom_action", { thread_id: its.thread, action }),
    chat("threads.sync_custom_action", { thread_id: its.widgetThread, item_id: its.widget, action }),
    chat("threads.sync_custom_action", { thread_id: own.widgetThread, item_id: its.widget, action }),
    chat("threads.get_by_id", { thread_id: its.runningThread }),
    chat("threads.update", { thread_id: its.runningThread, title: "mine" }),
    chat("items.list", { thread_id: its.runningThread }),
    chat("threads.delete", { thread_id: its.runningThread }),
  ];
}

const stop = (its: Belongings) => ({
  method: "DELETE",
  path: `/chatkit/runs/${its.run}`,
});

describe.each<[string, Person]>([
  ["another user of the same tenant", { sub: "bob", org: "acme" }],
  ["the user of the same name in another tenant", { sub: "ann", org: "globex" }],
  ["the user whose name runs on from the tenant's", { sub: "eann", org: "acm" }],
])("against %s", (_name, intruder) => {
  let own: Belongings;
  let absent: Belongings;
  let secret: string;
  let herEyes: string;
  let running: Awaited<ReturnType<typeof startRun>>;
  let before: string;

  beforeAll(async () => {
    secret = await signIn(intruder);
    const [told, widget, form] = await Promise.all(
      ["Hello", "widget", "form"].map((text) => converse(sidecar, secret, message(text)).then(threadIdOf)),
    );
    own = {
      ...hers,
      ...(await itemsOf(secret, told!, widget!, form!)),
    };
    running = await startRun();
    Object.assign(hers, { runningThread: running.thread, run: running.run });
    // With a rate of its own.
    herEyes = await signIn(ann);
    before = await everythingOf(herEyes);
    expect(before).toContain(canary);
    absent = { ...hers };
    for (const kind of kinds) absent[kind] = another(hers[kind]);
  }, 60_000);

  test("S63, S64, S65: no ChatKit request reads, changes or finds a thing of hers", async () => {
    const foreign = chatKitProbes(hers, own);
    const missing = chatKitProbes(absent, own);
    for (const [at, probe] of foreign.entries()) {
      const headers = bearer(secret);
      const found = await send(sidecar, { method: "POST", headers, ...probe });
      const nothing = await send(sidecar, { method: "POST", headers, ...missing[at]! });
      expectSame(found, nothing, probe.name);
      expect(found.text, probe.name).not.toContain(canary);
    }
    expect(await everythingOf(herEyes)).toBe(before);
  }, 60_000);

  test("S63, S64: her run is none that can be stopped, and goes on until she stops it", async () => {
    const found = await send(sidecar, { ...stop(hers), headers: bearer(secret) });
    expectSame(found, await send(sidecar, { ...stop(absent), headers: bearer(secret) }), "stop");
    expect(found.status).toBe(404);
    expect((await send(sidecar, { ...stop(hers), headers: bearer(herSecret) })).status).toBe(200);
    expect(await running.rest()).toContain("thread.item.done");
  });
});

async function signIn(person: Person): Promise<string> {
  const answer = await post(sidecar, createSession, await provider.accessToken(person), {});
  if (answer.status !== 200) throw new Error(`createSession answered ${answer.status}: ${answer.text}`);
  return JSON.parse(answer.text).result.data.clientSecret;
}

/** A long answer to her, with a reader that takes it. */
async function startRun(): Promise<{ thread: string; run: string; rest: () => Promise<string> }> {
  const list = { type: "threads.list", params: { limit: 100 } };
  const before = new Set((await listed(herSecret, list)).map(({ id }) => id));
  const response = await fetch(`${sidecar.url}/chatkit`, {
    method: "POST",
    headers: bearer(herSecret),
    body: JSON.stringify(message("long")),
    signal: AbortSignal.timeout(120_000),
  });
  const thread = (await listed(herSecret, list)).find(({ id }) => !before.has(id));
  const run = response.headers.get("x-sidekit-run-id");
  if (thread === undefined || run === null) throw new Error(`No run began: ${response.status}.`);
  const text = response.text();
  return { thread: thread.id, run, rest: () => text };
}

async function itemsOf(secret: string, thread: string, widgetThread: string, formThread: string) {
  return {
    thread,
    message: await itemOf(secret, thread, "user_message"),
    widgetThread,
    widget: await itemOf(secret, widgetThread, "widget"),
    formThread,
    form: await itemOf(secret, formThread, "structured_input"),
  };
}

async function listed(secret: string, body: object): Promise<{ id: string; type: string }[]> {
  return JSON.parse((await post(sidecar, "/chatkit", secret, body)).text).data;
}

async function itemOf(secret: string, threadId: string, type: string): Promise<string> {
  const items = await listed(secret, { type: "items.list", params: { thread_id: threadId } });
  const item = items.find((candidate) => candidate.type === type);
  if (item === undefined) throw new Error(`No ${type} among ${items.map((each) => each.type).join(", ")}.`);
  return item.id;
}

/** All that she can see, but for what is still being said. */
async function everythingOf(secret: string): Promise<string> {
  const seen: unknown[] = [];
  for (const thread_id of [hers.thread, hers.widgetThread, hers.formThread, hers.toolThread]) {
    for (const type of ["threads.get_by_id", "items.list"]) {
      seen.push(JSON.parse((await post(sidecar, "/chatkit", secret, { type, params: { thread_id } })).text));
    }
  }
  const threads = await listed(secret, { type: "threads.list", params: {} });
  seen.push(threads.map(({ id }) => id));
  return JSON.stringify(seen);
}

function expectSame(found: RawAnswer, nothing: RawAnswer, name: string): void {
  expect(shown(found), name).toEqual(shown(nothing));
  // It is the thing that was looked for, and not the asker that was turned away.
  expect([200, 400, 404], `${name}: ${found.status} ${found.text}`).toContain(found.status);
  const isEmpty = /^\{\}$|"data":\[\]|"type":"error"/.test(found.text);
  expect(found.status !== 200 || isEmpty, `${name}: ${found.text}`).toBe(true);
}

function shown({ status, headers, text }: RawAnswer): object {
  const lasting = Object.entries(headers).filter(([field]) => !passing.has(field));
  return { status, headers: lasting, text: text.replaceAll(/req_[0-9a-f]{32}/g, "req_") };
}

/** Of the same form, and nobody's. */
function another(id: string): string {
  const digit = id.at(-1) === "a" ? "b" : "a";
  return id.slice(0, -1) + digit;
}
