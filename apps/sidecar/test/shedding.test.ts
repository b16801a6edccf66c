// What is refused and what goes on while there is too much to do, over real HTTP in a process that is really held up.

import { expect, test } from "vitest";

import { mint, startApp } from "./fixture.ts";

const list = { type: "threads.list", params: {} };

test("R1, R12: while the event loop lags new work is refused with uneven waits; health and ends are served; then all is", async () => {
  await using app = await startApp();
  const secret = await mint(app);
  const created = await app.post("/trpc/chatSession.createSession", app.parts.launchToken, {});
  const { result } = (await created.json()) as { result: { data: { id: string } } };

  const holdUp = setInterval(() => busyFor(300), 1);
  const waits = new Set<string>();
  await expect
    .poll(async () => (await app.post("/chatkit", secret, list)).status, { timeout: 15_000, interval: 10 })
    .toBe(503);
  for (let again = 0; again < 6; again++) {
    const refused = await app.post("/chatkit", secret, list);
    expect(refused.status).toBe(503);
    waits.add(refused.headers.get("retry-after") ?? "none");
    expect(await refused.json()).toMatchObject({ error: { code: "overloaded" } });
  }
  expect(waits.has("none")).toBe(false);
  expect((await fetch(`${app.url}/healthz`)).status).toBe(200);
  const ended = await app.post("/trpc/chatSession.cancelSession", app.parts.launchToken, {
    sessionId: result.data.id,
  });
  expect(ended.status).toBe(200);
  clearInterval(holdUp);

  await expect
    .poll(async () => (await app.post("/chatkit", secret, list)).status, { timeout: 8000, interval: 100 })
    .toBe(200);
}, 60_000);

function busyFor(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}
