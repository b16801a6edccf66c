// A retry over HTTP: the answer that a person had is there until there is a new one (R71).

import { afterAll, beforeAll, expect, test } from "vitest";

import { answerText, converse, message, mint, post, threadIdOf } from "./chat.ts";
import { startSidecar, type Sidecar } from "./sidecar.ts";
import { apiError, startUpstream, textAnswer, type Upstream } from "./upstream.ts";

let upstream: Upstream;
let sidecar: Sidecar;

beforeAll(async () => {
  upstream = await startUpstream();
  sidecar = await startSidecar({
    env: { OPENAI_API_KEY: upstream.apiKey, OPENAI_BASE_URL: upstream.baseUrl },
  });
});
afterAll(async () => {
  await sidecar[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
});

test("R71: a retry that the model refuses leaves the answer; the next one, without it in its history, replaces it", async () => {
  const secret = await mint(sidecar);
  upstream.answerNext("responses.create", textAnswer("The first answer."));
  const threadId = threadIdOf(await converse(sidecar, secret, message("Tell me something")));
  const list = { type: "items.list", params: { thread_id: threadId } };
  const stored = async () => {
    const { data } = JSON.parse((await post(sidecar, "/chatkit", secret, list)).text);
    return data.map(({ id }: { id: string }) => id);
  };
  const before = await stored();
  expect(before).toHaveLength(2);
  const { data } = JSON.parse(
    (await post(sidecar, "/chatkit", secret, { ...list, params: { ...list.params, order: "asc" } })).text,
  );
  const retry = {
    type: "threads.retry_after_item",
    params: { thread_id: threadId, item_id: data[0].id },
  };

  upstream.answerNext("responses.create", apiError(401));
  expect((await converse(sidecar, secret, retry)).at(-1)).toMatchObject({ type: "error" });
  expect(await stored()).toEqual(before);

  upstream.answerNext("responses.create", textAnswer("The second answer."));
  expect(answerText(await converse(sidecar, secret, retry))).toBe("The second answer.");
  const after = await stored();
  expect(after).toHaveLength(2);
  expect(after.filter((id: string) => before.includes(id))).toEqual([data[0].id]);
  const sent = JSON.stringify(upstream.requestsTo("responses.create").at(-1)?.body);
  expect(sent).toContain("Tell me something");
  expect(sent).not.toContain("The first answer.");
});
