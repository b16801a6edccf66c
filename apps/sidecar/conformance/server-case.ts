// Replays a case of kind `server`: requests over HTTP against a sidecar, and looks into the store in between.

import type { Owner, ThreadStore, UsageStore } from "@sidekit/chatkit";
import type { Json, StoredItem } from "@sidekit/chatkit/protocol";
import { modelInput } from "@sidekit/chatkit/responders/model-input";

import { described, matchAnswer, matchAny } from "./answers.ts";
import { createApplication, type Application } from "./application.ts";
import { createBindings, type Bindings } from "./bindings.ts";
import type { CaseOf, Gate, HttpStep, PagesStep, RequestStep, ServerStep } from "./case-format.ts";
import { resolve } from "./case-values.ts";
import { type ChatClient, type ClientRequest, createChatClient, type Reply } from "./chat-client.ts";
import { createCues, type Cues } from "./cues.ts";
import { until } from "./deadline.ts";
import { expectationsOf, isObject, match, type Mismatch, parsed } from "./match.ts";
import { toAttachment, toItem, toJson, toThread } from "./plain-json.ts";
import { ownerOf, type Sidecar, startSidecar } from "./sidecar.ts";
import { openStore, type StoreKind } from "./stores.ts";
import { type WatchedStore, watchStore } from "./watched-store.ts";

const storeMs = 5_000;
const maxPages = 200;
/** What settings take as the id of a model or a tool. */
const maxOfferedChars = 128;

/** What the steps of a case share. */
interface Stage {
  readonly testCase: CaseOf<"server">;
  readonly users: readonly [string, ...string[]];
  readonly bindings: Bindings;
  readonly cues: Cues;
  readonly watched: WatchedStore<ThreadStore & UsageStore>;
  readonly application: Application;
  readonly sidecar: Sidecar;
  readonly client: ChatClient;
  /** Streams that this runner holds open at the moment. */
  openStreams: number;
}

/** Null when everything is as expected. */
export async function runServerCase(testCase: CaseOf<"server">, kind: StoreKind): Promise<Mismatch | null> {
  const [first = "alice", ...others] = testCase.setup?.users ?? [];
  const users = [first, ...others] as const;
  const bindings = createBindings();
  const cues = createCues();
  const watched = watchStore(await openStore(kind), testCase.setup?.storeFailure);
  const application = createApplication({ testCase, store: watched.store, bindings, cues });
  await using sidecar = await startSidecar({
    store: watched.store,
    responder: application.responder,
    attachments: application.attachments,
    offers: { models: namedIn(testCase, "model"), tools: namedIn(testCase, "tool_choice") },
    countsIds: testCase.setup?.idScheme === "counter",
  });
  const userByBearer = new Map<string, string>();
  await using client = createChatClient({
    async onEvent(event, bearer) {
      const user = userByBearer.get(bearer) ?? first;
      if (!isObject(event) || event["type"] !== "thread.item.done" || !isObject(event["item"])) return;
      const { id, thread_id: threadId } = event["item"];
      if (await watched.holds(ownerOf(user), String(threadId), String(id))) return;
      throw new Error(`item ${String(id)} was announced as done before it was stored`);
    },
  });
  for (const user of users) userByBearer.set(await sidecar.bearerOf(user), user);
  const stage: Stage = {
    testCase,
    users,
    bindings,
    cues,
    watched,
    application,
    sidecar,
    client,
    openStreams: 0,
  };
  await prepareStore(stage);
  try {
    const found = await runSteps(testCase.steps, stage, "steps");
    if (application.fault !== null) throw application.fault;
    return found;
  } finally {
    cues.release();
  }
}

async function prepareStore({ testCase, users, watched: { store } }: Stage): Promise<void> {
  for (const { as = users[0], thread: given, items = [] } of testCase.setup?.seed ?? []) {
    const thread = toThread(given);
    const stored = items.map((item) => toItem(item, thread.id));
    await store.createThread(ownerOf(as), thread, stored, AbortSignal.timeout(storeMs));
  }
  for (const { as = users[0], attachment } of testCase.setup?.attachments ?? []) {
    await store.saveAttachment(ownerOf(as), toAttachment(attachment), AbortSignal.timeout(storeMs));
  }
}

async function runSteps(steps: readonly ServerStep[], stage: Stage, path: string): Promise<Mismatch | null> {
  for (const [index, step] of steps.entries()) {
    const found = await runStep(step, stage, `${path}[${index}]`);
    if (found !== null) return found;
  }
  return null;
}

async function runStep(step: ServerStep, stage: Stage, path: string): Promise<Mismatch | null> {
  const { bindings, users, watched } = stage;
  const expectation = `${path}.expect`;
  const owner = ownerOf(step.as ?? users[0]);
  if ("request" in step || "http" in step) return exchange(step, stage, path);
  if ("pages" in step) return followPages(step, stage, path);
  if ("modelInput" in step) {
    const items = await allItems(watched.store, owner, idIn(step.modelInput.thread, bindings));
    const input = toJson(await modelInput(items));
    return matchAny(step.expect, bindings, expectation, (expected, at) =>
      match(expected.input, input, bindings, `${at}.input`),
    );
  }
  const found = await inspect(step.inspectStore, owner, stage);
  return matchAny(step.expect, bindings, expectation, (expected, at) =>
    match({ ...expected }, found, bindings, at),
  );
}

async function inspect(
  wanted: { readonly thread: Json } | { readonly attachment: Json },
  owner: Owner,
  { bindings, watched: { store } }: Stage,
): Promise<Json> {
  const signal = AbortSignal.timeout(storeMs);
  if ("attachment" in wanted) {
    return {
      attachment: toJson(await store.loadAttachment(owner, idIn(wanted.attachment, bindings), signal)),
    };
  }
  const threadId = idIn(wanted.thread, bindings);
  const thread = await store.loadThread(owner, threadId, signal);
  const items = thread === null ? [] : await allItems(store, owner, threadId);
  return { thread: toJson(thread), items: toJson(items) };
}

/** Oldest first, hidden ones too. */
async function allItems(store: ThreadStore, owner: Owner, threadId: string): Promise<StoredItem[]> {
  const items: StoredItem[] = [];
  for (let page = 0; page < maxPages; page++) {
    const after = items.at(-1)?.id;
    const { rows, hasMore } = await store.listItems(
      owner,
      threadId,
      { limit: 100, order: "asc", visibleOnly: false, ...(after !== undefined && { after }) },
      AbortSignal.timeout(storeMs),
    );
    items.push(...rows);
    if (!hasMore) return items;
  }
  throw new Error(`thread ${threadId} has more than ${maxPages} pages`);
}

async function followPages(step: PagesStep, stage: Stage, path: string): Promise<Mismatch | null> {
  const { bindings } = stage;
  const pages: Json[][] = [];
  let request = resolve(step.pages, scopeOf(bindings));
  for (;;) {
    const reply = await answerTo(requestOf(request), stage, step.as);
    const body = reply.status === 200 ? parsed(reply.text) : undefined;
    if (!isObject(body) || !Array.isArray(body["data"])) {
      return { path: `${path}.pages[${pages.length}]`, expected: "a page", actual: described(reply) };
    }
    pages.push(body["data"]);
    if (body["has_more"] !== true) break;
    if (pages.length >= maxPages || !isObject(request)) throw new Error(`more than ${maxPages} pages`);
    const params = isObject(request["params"]) ? request["params"] : {};
    request = { ...request, params: { ...params, after: body["after"] ?? null } };
  }
  return matchAny(step.expect, bindings, `${path}.expect`, (expected, at) => {
    const found = match(expected.rows, pages.flat(), bindings, `${at}.rows`);
    if (found !== null || expected.pageSizes === undefined) return found;
    const sizes = pages.map(({ length }) => length);
    return match(expected.pageSizes, sizes, bindings, `${at}.pageSizes`);
  });
}

async function exchange(step: RequestStep | HttpStep, stage: Stage, path: string): Promise<Mismatch | null> {
  const { bindings, application } = stage;
  let found: Mismatch | null = null;
  const calls = await application.callsDuring(async () => {
    found = await converse(step, stage, path);
  });
  if (found !== null || step.calls === undefined) return found;
  return match(toJson(step.calls), calls, bindings, `${path}.calls`);
}

async function converse(step: RequestStep | HttpStep, stage: Stage, path: string): Promise<Mismatch | null> {
  const { bindings, cues, sidecar } = stage;
  const request =
    "request" in step ? requestOf(resolve(step.request, scopeOf(bindings))) : httpRequestOf(step, bindings);
  const reply = await send(request, stage, step.as);
  const streams = reply.mediaType === "text/event-stream";
  if (streams) stage.openStreams++;
  try {
    if (streams) {
      for (const [index, gate] of (step.gates ?? []).entries()) {
        const found = await atGate(gate, step, reply, stage, path, `gates[${index}]`);
        if (found !== null) return found;
      }
      if (step.abort !== undefined && step.abort.when !== "finished") {
        const { afterEvents, when } = step.abort;
        const ready = () =>
          reply.events.length >= afterEvents && (when === "immediately" || cues.waiting > 0);
        await until(() => reply.over || ready(), `${afterEvents} events and a script that waits (${path})`);
        if (!ready()) {
          return { path: `${path}.abort`, expected: "a stream to abort", actual: described(reply) };
        }
      } else {
        await until(() => reply.over, `the end of the stream (${path}); so far ${shown(reply.events)}`);
      }
    } else {
      await until(() => reply.over, `the answer (${path})`);
    }
    const cut = step.abort?.when === "immediately" ? step.abort.afterEvents : undefined;
    const seen = { ...reply, events: reply.events.slice(0, cut) };
    if (step.abort !== undefined) reply.abort();
    return matchAny(step.expect, bindings, `${path}.expect`, (expected, at) =>
      matchAnswer(expected, seen, bindings, at),
    );
  } finally {
    if (streams) {
      stage.openStreams--;
      if (!reply.over) reply.abort();
      if (step.abort !== undefined) {
        await until(() => sidecar.activeRuns() <= stage.openStreams, `the server to clean up (${path})`);
      }
    }
  }
}

async function atGate(
  gate: Gate,
  step: RequestStep | HttpStep,
  reply: Reply,
  stage: Stage,
  stepPath: string,
  member: string,
): Promise<Mismatch | null> {
  const { bindings, cues } = stage;
  const path = `${stepPath}.${member}`;
  const ready = () => cues.hasReached(gate.name) && reply.events.length >= gate.afterEvents;
  await until(() => reply.over || ready(), `gate ${gate.name} and ${gate.afterEvents} events (${path})`);
  if (!ready()) {
    return { path, expected: `gate ${gate.name} after ${gate.afterEvents} events`, actual: described(reply) };
  }
  const { expect } = step;
  const found = matchAny(expect, bindings, `${stepPath}.expect`, (expected, at) => {
    const events = "events" in expected ? (expected.events ?? []) : [];
    const covering = expectationsOf(events, gate.afterEvents);
    return match(covering, [...reply.events], bindings, `${at}.events`);
  });
  if (found !== null) return found;
  let nested: Mismatch | null = null;
  await stage.application.callsDuring(async () => {
    nested = await runSteps(gate.steps, stage, `${path}.steps`);
  });
  cues.open(gate.name);
  return nested;
}

async function answerTo(request: ClientRequest, stage: Stage, as: string | undefined): Promise<Reply> {
  const reply = await send(request, stage, as);
  await until(() => reply.over, "the answer");
  return reply;
}

async function send(request: ClientRequest, stage: Stage, as: string | undefined): Promise<Reply> {
  const { client, sidecar, users } = stage;
  return client.send(sidecar.url, await sidecar.bearerOf(as ?? users[0]), request);
}

function requestOf(body: Json): ClientRequest {
  return { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

function httpRequestOf({ http }: HttpStep, bindings: Bindings): ClientRequest {
  const { method = "POST", headers = {}, body, bodyText, bodyBase64 } = http;
  const content =
    bodyBase64 !== undefined
      ? Buffer.from(bodyBase64, "base64")
      : body !== undefined
        ? JSON.stringify(resolve(body, scopeOf(bindings)))
        : (bodyText ?? null);
  const typed = Object.keys(headers).some((name) => name.toLowerCase() === "content-type");
  const type =
    !typed && (content !== null || method === "POST") ? { "content-type": "application/json" } : {};
  return { method, headers: { ...type, ...headers }, body: content };
}

function scopeOf(bindings: Bindings) {
  return { bindings, facts: () => ({}), kept: new Map() };
}

function idIn(value: Json, bindings: Bindings): string {
  return String(resolve(value, scopeOf(bindings)));
}

function shown(events: readonly Json[]): string {
  return JSON.stringify(events.at(-1) ?? null);
}

/** Ids of models or tools that occur anywhere in the case, for the profile to offer. */
function namedIn(value: unknown, member: "model" | "tool_choice"): string[] {
  const names = new Set<string>();
  const visit = (part: unknown): void => {
    if (typeof part !== "object" || part === null) return;
    for (const [name, entry] of Object.entries(part)) {
      if (name === member && typeof entry === "string") names.add(entry);
      if (name === member && typeof entry === "object" && entry !== null && "id" in entry) {
        names.add(String(entry.id));
      }
      visit(entry);
    }
  };
  visit(value);
  return [...names].filter(({ length }) => length > 0 && length <= maxOfferedChars);
}
