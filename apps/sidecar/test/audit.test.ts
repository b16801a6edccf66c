// The audit trail of a running app, as an operator reads it.

import { createChatSessionClient } from "@sidekit/chat-session/client";
import { expect, test } from "vitest";

import { startApp } from "./fixture.ts";

test("S164: mint, refusal, refresh and cancel are in it, with the requests that did them", async () => {
  await using app = await startApp();
  const chat = createChatSessionClient({
    url: `${app.url}/trpc`,
    issuerCredential: () => app.parts.launchToken,
  });
  const first = await chat.createSession();
  await chat.session.renew();
  await app.post("/trpc/chatSession.createSession", "ckbs_wrong", {});
  await app.post("/chatkit", "wrong", { type: "threads.list", params: {} });
  await chat.createSession({ profile: "nope" }).catch(() => {});
  await chat.cancelAllSessions();
  const { data } = await chat.system.audit();
  expect(data.map(({ action }) => action).toReversed()).toEqual([
    "session.created",
    "session.created",
    "session.refreshed",
    "issuer.refused",
    "auth.refused",
    "session.refused",
    "session.revoked",
    "session.revoked",
  ]);
  const mine = await chat.system.audit({ sessionId: first.id, user: "local" });
  expect(mine.data.map(({ action }) => action)).toEqual(["session.revoked", "session.created"]);
  expect(mine.data[0]).toMatchObject({
    credential: "launch",
    requestId: expect.stringMatching(/^req_/),
    reason: "cancelled",
  });
  expect(JSON.stringify(data)).not.toContain(first.clientSecret.slice(5));
});

test("S35: whoever is no operator does not read it", async () => {
  await using app = await startApp();
  const created = await app.post("/trpc/chatSession.createSession", app.parts.launchToken, {});
  const { result } = (await created.json()) as { result: { data: { clientSecret: string } } };
  for (const bearer of ["", result.data.clientSecret]) {
    const refused = await fetch(`${app.url}/trpc/system.audit`, {
      headers: { authorization: `Bearer ${bearer}` },
    });
    expect([401, 403]).toContain(refused.status);
  }
  const unknown = await fetch(
    `${app.url}/trpc/system.audit?input=${encodeURIComponent('{"limit":1,"sql":"x"}')}`,
    { headers: { authorization: `Bearer ${app.parts.launchToken}` } },
  );
  expect(unknown.status).toBe(400);
});
