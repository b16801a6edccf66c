// Users of a product against each other: over every request of the chat, every procedure and every id, within a tenant and
// across tenants. Nothing of the other is read or changed, or told apart from what is not there.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { events, message, post, threadIdOf } from "../chat.ts";
import { send, type RawAnswer } from "../raw-http.ts";
import { startSidecar, type Sidecar } from "../sidecar.ts";
import { startIdentityProvider, type IdentityProvider } from "./identity-provider.ts";
import { bearer } from "./target.ts";

const annsWords = "canary-ann-4471";
const fileUpload = { enabled: true, maxFileSizeMb: 10, maxFiles: 4 };

interface Person {
  readonly token: string;
  readonly secret: string;
  readonly sessionId: string;
}

/** Ids of things that only Ann may touch, or of things that there are not. */
interface Things {
  readonly threadId: string;
  readonly itemId: string;
  readonly runId: string;
  readonly attachmentId: string;
  readonly sessionId: string;
}

const absent: Things = {
  threadId: `thr_${"0".repeat(22)}`,
  itemId: `msg_${"0".repeat(22)}`,
  runId: `run_${"0".repeat(22)}`,
  attachmentId: `atc_${"0".repeat(22)}`,
  sessionId: `cksess_${"0".repeat(32)}`,
};

let folder: string;
let provider: IdentityProvider;
let sidecar: Sidecar;
let ann: Person;
let anns: Things;
/** Of her tenant; and her namesake in another one. */
let strangers: Readonly<Record<string, Person>>;

beforeAll(async () => {
  provider = await startIdentityProvider();
  folder = mkdtempSync(join(tmpdir(), "sidekit-two-users-"));
  const config = join(folder, "config.json");
  writeFileSync(config, JSON.stringify({ profiles: { default: { features: { fileUpload } } } }));
  sidecar = await startSidecar({
    env: {
      ...provider.env,
      SIDEKIT_REQUESTS_PER_MINUTE: "1000",
      SIDEKIT_CONFIG: config,
    },
  });
  ann = await comeIn("ann", "acme");
  strangers = {
    "of her tenant": await comeIn("bob", "acme"),
    "her namesake elsewhere": await comeIn("ann", "umbrella"),
  };
  anns = await makeThings(ann, annsWords);
});
afterAll(async () => {
  await sidecar[Symbol.asyncDispose]();
  await provider[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

/** Every request of the chat that names something. */
const chatRequests: readonly (readonly [name: string, body: (its: Things) => object])[] = [
  ["threads.get_by_id", (its) => ({ type: "threads.get_by_id", params: { thread_id: its.threadId } })],
  ["threads.list after", (its) => ({ type: "threads.list", params: { after: its.threadId } })],
  [
    "threads.update",
    (its) => ({ type: "threads.update", params: { thread_id: its.threadId, title: "Mine" } }),
  ],
  ["threads.delete", (its) => ({ type: "threads.delete", params: { thread_id: its.threadId } })],
  [
    "items.list",
    (its) => ({ type: "items.list", params: { thread_id: its.threadId, limit: 10, order: "asc" } }),
  ],
  [
    "items.list after",
    (its) => ({ type: "items.list", params: { thread_id: its.threadId, after: its.itemId, order: "asc" } }),
  ],
  [
    "items.feedback",
    (its) => ({
      type: "items.feedback",
      params: { thread_id: its.threadId, item_ids: [its.itemId], kind: "positive" },
    }),
  ],
  ["threads.add_user_message", (its) => message("Hello", its.threadId)],
  [
    "threads.retry_after_item",
    (its) => ({ type: "threads.retry_after_item", params: { thread_id: its.threadId, item_id: its.itemId } }),
  ],
  [
    "threads.add_client_tool_output",
    (its) => ({ type: "threads.add_client_tool_output", params: { thread_id: its.threadId, result: {} } }),
  ],
  [
    "threads.custom_action",
    (its) => ({
      type: "threads.custom_action",
      params: { thread_id: its.threadId, item_id: its.itemId, action: { type: "press", payload: {} } },
    }),
  ],
  [
    "threads.sync_custom_action",
    (its) => ({
      type: "threads.sync_custom_action",
      params: { thread_id: its.threadId, item_id: its.itemId, action: { type: "press", payload: {} } },
    }),
  ],
  [
    "attachments.delete",
    (its) => ({ type: "attachments.delete", params: { attachment_id: its.attachmentId } }),
  ],
  [
    "a message with the attachment",
    (its) => {
      const body = message("Look");
      Object.assign(body.params.input, { attachments: [its.attachmentId] });
      return body;
    },
  ],
];

/** Every other path that names something. */
const otherRequests: readonly (readonly [
  name: string,
  make: (its: Things, me: Person) => Parameters<typeof send>[1],
])[] = [
  [
    "the file",
    (its, me) => ({ path: `/chatkit/attachments/${its.attachmentId}`, headers: bearer(me.secret) }),
  ],
  [
    "bytes for the file",
    (its, me) => ({
      method: "PUT",
      path: `/chatkit/attachments/${its.attachmentId}`,
      headers: { ...bearer(me.secret), "content-type": "text/plain" },
      body: "other",
    }),
  ],
  [
    "the run",
    (its, me) => ({ method: "DELETE", path: `/chatkit/runs/${its.runId}`, headers: bearer(me.secret) }),
  ],
  [
    "cancelSession",
    (its, me) => ({
      method: "POST",
      path: "/trpc/chatSession.cancelSession",
      headers: bearer(me.token),
      body: JSON.stringify({ sessionId: its.sessionId }),
    }),
  ],
  [
    "listSessions after",
    (its, me) => ({
      path: `/trpc/chatSession.listSessions?input=${encodeURIComponent(JSON.stringify({ limit: 5, after: its.sessionId }))}`,
      headers: bearer(me.token),
    }),
  ],
];

describe.each(["of her tenant", "her namesake elsewhere"])("S63, S64: somebody %s", (who) => {
  test.each(chatRequests)("gets the same from %s of hers as from what is not there", async (_name, body) => {
    const me = strangers[who]!;
    const hers = await post(sidecar, "/chatkit", me.secret, body(anns));
    const nobodys = await post(sidecar, "/chatkit", me.secret, body(absent));
    // What may be asked for twice is success for what is not there, too (R73).
    expect([hers.status, plain(hers.text)]).toEqual([nobodys.status, plain(nobodys.text)]);
    expect(hers.text).not.toContain(annsWords);
    await expectAnnUntouched();
  });

  test.each(otherRequests)("gets the same from %s of hers as from what is not there", async (_name, make) => {
    const me = strangers[who]!;
    const hers = await send(sidecar, make(anns, me));
    const nobodys = await send(sidecar, make(absent, me));
    expect(hers.status).toBeGreaterThanOrEqual(400);
    expect([hers.status, plain(hers.text)]).toEqual([nobodys.status, plain(nobodys.text)]);
    expect(fields(hers)).toEqual(fields(nobodys));
    await expectAnnUntouched();
  });

  test("S65: cannot mix an item or a file of hers into a thread of the own", async () => {
    const me = strangers[who]!;
    const own = await makeThings(me, "other words");
    for (const [, body] of chatRequests) {
      const mixed = await post(sidecar, "/chatkit", me.secret, body({ ...anns, threadId: own.threadId }));
      expect(mixed.text).not.toContain(annsWords);
    }
    await expectAnnUntouched();
  });

  test("S60: sees neither her threads nor her sessions in the own lists", async () => {
    const me = strangers[who]!;
    const threads = await post(sidecar, "/chatkit", me.secret, {
      type: "threads.list",
      params: { limit: 100 },
    });
    expect(threads.text).not.toContain(anns.threadId);
    const sessions = await send(sidecar, {
      path: "/trpc/chatSession.listSessions",
      headers: bearer(me.token),
    });
    expect(sessions.text).not.toContain(ann.sessionId);
  });

  test("S55: who ends all sessions ends the own alone, and may not name hers", async () => {
    const me = await comeIn("carol", who === "of her tenant" ? "acme" : "umbrella");
    const named = await send(sidecar, {
      method: "POST",
      path: "/trpc/chatSession.cancelAllSessions",
      headers: bearer(me.token),
      body: JSON.stringify({ user: "ann" }),
    });
    expect(named.status).toBe(403);
    const own = await send(sidecar, {
      method: "POST",
      path: "/trpc/chatSession.cancelAllSessions",
      headers: bearer(me.token),
      body: "{}",
    });
    expect(own.status).toBe(200);
    expect((await post(sidecar, "/chatkit", me.secret, { type: "threads.list", params: {} })).status).toBe(
      401,
    );
    await expectAnnUntouched();
  });

  test("S36: a secret of hers that comes along with a mint ends nothing", async () => {
    const me = strangers[who]!;
    const minted = await send(sidecar, {
      method: "POST",
      path: "/trpc/chatSession.createSession",
      headers: { ...bearer(me.token), "x-sidekit-current-secret": ann.secret },
      body: "{}",
    });
    expect(minted.status).toBe(200);
    await expectAnnUntouched();
  });

  test("S38: her idempotency key gives a session of one's own", async () => {
    const me = strangers[who]!;
    const answers = await Promise.all(
      [ann.token, me.token].map((token) =>
        send(sidecar, {
          method: "POST",
          path: "/trpc/chatSession.createSession",
          headers: bearer(token),
          body: JSON.stringify({ idempotencyKey: "the-same-key" }),
        }),
      ),
    );
    const [hers, mine] = answers.map(
      ({ text }) => JSON.parse(text).result.data as { id: string; clientSecret: string },
    );
    expect(mine!.id).not.toBe(hers!.id);
    expect(mine!.clientSecret).not.toBe(hers!.clientSecret);
  });

  test("S85: an id of an event of hers opens no stream", async () => {
    const me = strangers[who]!;
    const followed = await fetch(`${sidecar.url}/trpc/chatSession.onSessionEvent`, {
      headers: bearer(ann.token),
    });
    const reader = followed.body!.pipeThrough(new TextDecoderStream()).getReader();
    await comeIn("ann", "acme");
    let text = "";
    while (!/^id: /m.test(text)) text += (await reader.read()).value ?? "";
    await reader.cancel();
    const [, eventId = ""] = /^id: (.+)$/m.exec(text) ?? [];
    const stolen = await fetch(`${sidecar.url}/trpc/chatSession.onSessionEvent`, {
      headers: { ...bearer(me.token), "last-event-id": eventId },
    });
    expect(stolen.status).toBe(400);
    await stolen.body?.cancel();
  });
});

test("Ann herself can do all of it", async () => {
  const thread = await post(sidecar, "/chatkit", ann.secret, chatRequests[0]![1](anns));
  expect(thread.text).toContain(annsWords);
  const file = await send(sidecar, otherRequests[0]![1](anns, ann));
  expect([file.status, file.text]).toEqual([200, annsWords]);
});

async function comeIn(user: string, tenant: string): Promise<Person> {
  const token = await provider.accessToken({ sub: user, org: tenant });
  const answer = await post(sidecar, "/trpc/chatSession.createSession", token, {});
  const { id, clientSecret } = JSON.parse(answer.text).result.data as { id: string; clientSecret: string };
  return { token, secret: clientSecret, sessionId: id };
}

async function makeThings(person: Person, words: string): Promise<Things> {
  const asked = await fetch(`${sidecar.url}/chatkit`, {
    method: "POST",
    headers: bearer(person.secret),
    body: JSON.stringify(message(words)),
  });
  const runId = asked.headers.get("x-sidekit-run-id") ?? "";
  const threadId = threadIdOf(events(await asked.text()));
  const thread = await post(sidecar, "/chatkit", person.secret, {
    type: "items.list",
    params: { thread_id: threadId, order: "asc" },
  });
  const [item] = JSON.parse(thread.text).data as { id: string }[];
  const registered = await post(sidecar, "/chatkit", person.secret, {
    type: "attachments.create",
    params: { name: "notes.txt", size: words.length, mime_type: "text/plain" },
  });
  const { id, upload_descriptor: to } = JSON.parse(registered.text) as {
    id: string;
    upload_descriptor: { url: string; method: string; headers: Record<string, string> };
  };
  const uploaded = await fetch(to.url, { method: to.method, headers: to.headers, body: words });
  expect(uploaded.ok).toBe(true);
  return { threadId, itemId: item!.id, runId, attachmentId: id, sessionId: person.sessionId };
}

/** Her thread is as it was, her session opens, her file is there. */
async function expectAnnUntouched(): Promise<void> {
  const thread = await post(sidecar, "/chatkit", ann.secret, chatRequests[0]![1](anns));
  expect(thread.status).toBe(200);
  expect(thread.text).toContain(annsWords);
  expect(thread.text).not.toContain("Mine");
  const file = await send(sidecar, otherRequests[0]![1](anns, ann));
  expect([file.status, file.text]).toEqual([200, annsWords]);
}

/** Without the name of the request, which is another each time. */
function plain(text: string): string {
  return text.replaceAll(/req_[0-9a-f]{32}/g, "req").replaceAll(/"retryAfterMs":\d+/g, "");
}

function fields({ headers }: RawAnswer): object {
  const { "x-request-id": _, date: _date, "content-length": _length, ...rest } = headers;
  return rest;
}
