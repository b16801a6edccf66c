import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { answerText, converse, message, mint, post, threadIdOf } from "./chat.ts";
import { makeDataDir, startSidecar } from "./sidecar.ts";

test("without a key the demo holds a conversation of three turns, and a restart keeps it", async () => {
  const dataDir = makeDataDir();
  let threadId: string;
  {
    await using sidecar = await startSidecar({ dataDir });
    const secret = await mint(sidecar);
    const first = await converse(sidecar, secret, message("Good morning"));
    expect(first.slice(0, 3).map(({ type }) => type)).toEqual([
      "thread.created",
      "thread.item.done",
      "stream_options",
    ]);
    expect(answerText(first)).toMatch(/demo[^]*OPENAI_API_KEY/);
    expect(first.some((event) => event.type === "thread.item.done" && event.item.type === "workflow")).toBe(
      true,
    );
    expect(JSON.stringify(first)).toContain('"type":"url"');
    threadId = threadIdOf(first);
    await converse(sidecar, secret, message("And a second question", threadId));
    await converse(sidecar, secret, message("And a third", threadId));
  }
  await using again = await startSidecar({ dataDir });
  const secret = await mint(again);
  const items = await post(again, "/chatkit", secret, {
    type: "items.list",
    params: { thread_id: threadId, order: "asc", limit: 100 },
  });
  const kinds = JSON.parse(items.text).data.map(({ type }: { type: string }) => type);
  expect(kinds.filter((kind: string) => kind === "user_message")).toHaveLength(3);
  expect(kinds.filter((kind: string) => kind === "assistant_message")).toHaveLength(3);
  const list = await post(again, "/chatkit", secret, { type: "threads.list", params: {} });
  expect(JSON.parse(list.text).data.map(({ id }: { id: string }) => id)).toEqual([threadId]);
});

test("rename and delete do what they say", async () => {
  await using sidecar = await startSidecar();
  const secret = await mint(sidecar);
  const threadId = threadIdOf(await converse(sidecar, secret, message("Hello")));
  const renamed = await post(sidecar, "/chatkit", secret, {
    type: "threads.update",
    params: { thread_id: threadId, title: "Renamed" },
  });
  expect(JSON.parse(renamed.text)).toMatchObject({ id: threadId, title: "Renamed", metadata: {} });
  const deleted = await post(sidecar, "/chatkit", secret, {
    type: "threads.delete",
    params: { thread_id: threadId },
  });
  expect(deleted.text).toBe("{}");
  const gone = await post(sidecar, "/chatkit", secret, {
    type: "threads.get_by_id",
    params: { thread_id: threadId },
  });
  expect(gone.status).toBe(404);
});

test("the README's shell example works as it stands", async () => {
  await using sidecar = await startSidecar();
  const readme = readFileSync(join(import.meta.dirname, "../README.md"), "utf8");
  const example = /```sh\n([^]*?)```/.exec(readme)?.[1] ?? "";
  const out = execFileSync("bash", ["-euc", example.replace("http://127.0.0.1:4310", sidecar.url)], {
    env: { PATH: process.env["PATH"], SIDEKIT_LAUNCH_TOKEN: sidecar.launchToken },
    encoding: "utf8",
    timeout: 30_000,
  });
  expect(out).toMatch(/^data: \{"type":"thread\.created","thread":\{"id":"thr_/);
  expect(out).toContain('"type":"assistant_message"');
  expect(
    out
      .split("\n\n")
      .filter((frame) => frame !== "")
      .every((frame) => frame.startsWith("data: {")),
  ).toBe(true);
});

test("a cancelled session's secret opens nothing any more", async () => {
  await using sidecar = await startSidecar();
  const created = await post(sidecar, "/trpc/chatSession.createSession", sidecar.launchToken, {});
  const session = JSON.parse(created.text).result.data;
  expect(session).toMatchObject({
    status: "active",
    profile: "default",
    expiresIn: expect.toSatisfy((seconds: number) => seconds >= 598 && seconds <= 600),
    limits: { maxRequestsPerMinute: 10 },
    api: { kind: "self-hosted", url: `${sidecar.url}/chatkit` },
  });
  const cancelled = await post(sidecar, "/trpc/chatSession.cancelSession", sidecar.launchToken, {
    sessionId: session.id,
  });
  expect(JSON.parse(cancelled.text).result.data.status).toBe("cancelled");
  const refused = await post(sidecar, "/chatkit", session.clientSecret, { type: "threads.list", params: {} });
  expect(refused.status).toBe(401);
  const again = await post(sidecar, "/trpc/chatSession.cancelSession", sidecar.launchToken, {
    sessionId: session.id,
  });
  expect(again.status).toBe(200);
});
