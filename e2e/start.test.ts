import { createServer } from "node:http";
import { once } from "node:events";
import { connect, type AddressInfo } from "node:net";

import { expect, test } from "vitest";

import { answerText, converse, events, message, mint, post, threadIdOf } from "./chat.ts";
import { failToStart, makeDataDir, startSidecar } from "./sidecar.ts";

test("the ready line is the last thing on standard output, and the only one", async () => {
  await using sidecar = await startSidecar({ env: { SIDEKIT_LOG_LEVEL: "silent" } });
  expect(sidecar.output()).toMatch(
    /^Sidekit ready at http:\/\/127\.0\.0\.1:\d+\/#launch=ckbs_[0-9A-Za-z]{49}\n$/,
  );
});

test("a taken port is one clear sentence", async () => {
  const other = createServer();
  other.listen(0, "127.0.0.1");
  await once(other, "listening");
  const { port } = other.address() as AddressInfo;
  const failed = await failToStart({ SIDEKIT_PORT: String(port), SIDEKIT_LOG_LEVEL: "silent" });
  other.close();
  expect(failed).toMatchObject({ status: 1, stdout: "" });
  expect(failed.stderr.trim()).toBe(
    `Port ${port} on 127.0.0.1 is taken by another program. Stop that program, or choose another port with SIDEKIT_PORT (0 lets the system choose).`,
  );
});

test("R66: a data directory that cannot be written to is one clear sentence", async () => {
  const failed = await failToStart({ SIDEKIT_DATA_DIR: "/proc/sidekit", SIDEKIT_LOG_LEVEL: "silent" });
  expect(failed).toMatchObject({ status: 1, stdout: "" });
  expect(failed.stderr.trim()).toBe(
    "The data directory cannot be written to. Make it writable for this user, or name another one with SIDEKIT_DATA_DIR.",
  );
});

test("R51: a second sidecar on one data directory leaves with 75, and the first goes on", async () => {
  const dataDir = makeDataDir();
  await using sidecar = await startSidecar({ dataDir });
  const failed = await failToStart({ SIDEKIT_DATA_DIR: dataDir, SIDEKIT_LOG_LEVEL: "silent" });
  expect(failed).toMatchObject({ status: 75, stdout: "" });
  expect(failed.stderr.trim()).toBe(
    "Another Sidekit uses this data directory. Stop it, or name another one with SIDEKIT_DATA_DIR.",
  );
  const answered = await converse(sidecar, await mint(sidecar), message("Hello"));
  expect(answerText(answered)).not.toBe("");
});

test("S186: bad settings are all named at once, without their values", async () => {
  const failed = await failToStart({
    SIDEKIT_PORT: "canary-port",
    SIDEKIT_HOST: "canary-host",
    SIDEKIT_TYPO: "canary",
  });
  expect(failed).toMatchObject({ status: 78, stdout: "" });
  for (const name of ["SIDEKIT_PORT", "SIDEKIT_HOST", "SIDEKIT_TYPO"]) expect(failed.stderr).toContain(name);
  expect(failed.stderr).not.toContain("canary");
});

test("S1: nobody listens beyond this machine by one setting alone", async () => {
  const failed = await failToStart({ SIDEKIT_HOST: "0.0.0.0" });
  expect(failed).toMatchObject({ status: 78, stdout: "" });
  for (const name of ["SIDEKIT_REMOTE", "SIDEKIT_ALLOWED_HOSTS", "SIDEKIT_TRUSTED_PROXIES"]) {
    expect(failed.stderr).toContain(name);
  }
});

test.each(["SIGTERM", "SIGINT"] as const)(
  "R53: %s in mid-answer: the stream ends whole, then the process leaves with 0",
  async (signal) => {
    const dataDir = makeDataDir();
    let threadId: string;
    {
      await using sidecar = await startSidecar({ dataDir });
      const secret = await mint(sidecar);
      const response = await stream(sidecar.url, secret, message("Hello"));
      const reader = response.body!.getReader();
      const decoder = new TextDecoder();
      let text = decoder.decode((await reader.read()).value, { stream: true });
      sidecar.kill(signal);
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        text += decoder.decode(part.value, { stream: true });
      }
      const received = events(text);
      expect(received.at(-1)?.type).toMatch(/thread\.(item\.done|updated)/);
      expect(answerText(received)).not.toBe("");
      threadId = threadIdOf(received);
      expect(await sidecar.ended).toBe(0);
    }
    await using again = await startSidecar({ dataDir });
    const secret = await mint(again);
    const thread = await post(again, "/chatkit", secret, {
      type: "threads.get_by_id",
      params: { thread_id: threadId },
    });
    expect(thread.text).toContain('"type":"assistant_message"');
  },
);

test("nobody reads its log any more: it goes on serving", async () => {
  await using sidecar = await startSidecar();
  sidecar.closeOutput();
  for (let request = 0; request < 3; request++) {
    expect((await fetch(`${sidecar.url}/healthz`)).status).toBe(200);
  }
});

test("a request that never ends does not hold up the end of the process", async () => {
  await using sidecar = await startSidecar();
  const { hostname, port } = new URL(sidecar.url);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => {});
  socket.write(
    `POST /trpc/system.info HTTP/1.1\r\nHost: ${hostname}:${port}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"half`,
  );
  await expect.poll(async () => (await fetch(`${sidecar.url}/healthz`)).status).toBe(200);
  const started = Date.now();
  sidecar.kill("SIGTERM");
  expect(await sidecar.ended).toBe(0);
  expect(Date.now() - started).toBeLessThan(8_000);
  socket.destroy();
});

test("R53: while it drains it is not ready and begins nothing new", async () => {
  await using sidecar = await startSidecar({ env: { SIDEKIT_DETACH_GRACE_SECONDS: "0" } });
  const secret = await mint(sidecar);
  const running = await stream(sidecar.url, secret, message("long"));
  sidecar.kill("SIGTERM");
  await expect.poll(async () => (await fetch(`${sidecar.url}/readyz`)).status).toBe(503);
  const refused = await post(sidecar, "/chatkit", secret, message("One more"));
  expect(refused.status).toBe(503);
  expect(JSON.parse(refused.text).error.code).toBe("draining");
  expect(refused.headers.get("retry-after")).toMatch(/^[1-5]$/);
  await running.body?.cancel();
});

test("R55: a reader that leaves does not stop the run; after the grace it is stopped and the part is kept", async () => {
  await using sidecar = await startSidecar({ env: { SIDEKIT_DETACH_GRACE_SECONDS: "1" } });
  const secret = await mint(sidecar);
  const response = await stream(sidecar.url, secret, message("long"));
  const reader = response.body!.getReader();
  const decoder = new TextDecoder();
  let text = "";
  while (!text.includes("text_delta")) text += decoder.decode((await reader.read()).value, { stream: true });
  await reader.cancel();
  const threadId = threadIdOf(events(text));
  const items = () =>
    post(sidecar, "/chatkit", secret, { type: "items.list", params: { thread_id: threadId, order: "asc" } });
  await expect
    .poll(async () => (await items()).text.includes("assistant_message"), { timeout: 10_000 })
    .toBe(true);
  // Stopped in the middle, so that the thread takes the next message.
  const next = await converse(sidecar, secret, message("Hello again", threadId));
  expect(answerText(next)).not.toBe("");
});

test("R55: an explicit stop ends the stream and keeps what was said", async () => {
  await using sidecar = await startSidecar();
  const secret = await mint(sidecar);
  const response = await stream(sidecar.url, secret, message("long"));
  const runId = response.headers.get("x-sidekit-run-id");
  const reader = response.body!.getReader();
  const decoder = new TextDecoder();
  let text = "";
  while (!text.includes("text_delta")) text += decoder.decode((await reader.read()).value, { stream: true });
  const stopped = await fetch(`${sidecar.url}/chatkit/runs/${runId}`, {
    method: "DELETE",
    headers: { authorization: `Bearer ${secret}` },
  });
  expect(stopped.status).toBe(200);
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    text += decoder.decode(part.value, { stream: true });
  }
  const received = events(text);
  const items = await post(sidecar, "/chatkit", secret, {
    type: "items.list",
    params: { thread_id: threadIdOf(received), order: "asc" },
  });
  const stored = JSON.parse(items.text).data.filter(
    ({ type }: { type: string }) => type === "assistant_message",
  );
  expect(stored).toHaveLength(1);
  expect(stored[0].content[0].text.length).toBeGreaterThan(0);
  expect(items.text).not.toContain("hidden");
});

async function stream(url: string, secret: string, body: object): Promise<Response> {
  const response = await fetch(`${url}/chatkit`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${secret}` },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(30_000),
  });
  expect(response.status).toBe(200);
  return response;
}
