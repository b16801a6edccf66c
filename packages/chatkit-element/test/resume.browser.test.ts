// Answers whose reader went away for a while: by a reload of the page, or because the network did.

import { describe, expect, test } from "vitest";

import { chatPage } from "./chat-page.ts";
import { isWithoutChromium } from "./chromium.ts";
import { assistantMessage } from "./scripted-server.ts";

describe.skipIf(isWithoutChromium)("an answer whose reader was away", () => {
  const it = chatPage({ expectedComplaint: /ERR_/ });

  test("is shown by the page that was reloaded, once the server has stored it", async () => {
    const { server, page } = it;
    const finish = Promise.withResolvers<void>();
    server.script = async ({ emit, done, threadId, newId, now }) => {
      const item = assistantMessage({ id: newId(), threadId, text: "Here it is", at: now() });
      emit({ type: "thread.item.added", item: { ...item, content: [] } });
      await finish.promise;
      done(item);
    };
    await it.open();
    await it.say("Take your time");
    await expect.poll(() => server.threads.size).toBe(1);
    const [threadId] = server.threads.keys();
    await it.open({ initialThread: threadId });
    await page.getByRole("status").filter({ hasText: "Waiting for the answer" }).waitFor();
    // Whoever waits can write.
    await page.getByRole("textbox", { name: "Message" }).fill("Meanwhile");
    await it.accessible("waiting");
    await it.picture("awaiting");
    finish.resolve();
    await page.locator(".answer", { hasText: "Here it is" }).waitFor();
    await expect.poll(() => page.getByText("Waiting for the answer").count()).toBe(0);
    expect(await page.getByRole("textbox", { name: "Message" }).inputValue()).toBe("Meanwhile");
    // One look more, or two, for what might follow.
    await page.waitForTimeout(4_000);
    const looks = it.requestsOf("items.list").length;
    await page.waitForTimeout(5_000);
    expect(it.requestsOf("items.list").length).toBe(looks);
  }, 30_000);

  test("is shown as soon as the browser is online again", async () => {
    const { server, page } = it;
    server.cutOnError = true;
    server.script = async ({ emit, threadId, newId, now }) => {
      const item = assistantMessage({ id: newId(), threadId, text: "Half", at: now() });
      emit({ type: "thread.item.added", item });
      await page.context().setOffline(true);
      throw new Error("cut");
    };
    await it.open();
    await it.say("Go on");
    await page.getByRole("alert").filter({ hasText: "The connection broke" }).waitFor();
    expect(await page.locator(".answer").textContent()).toContain("Half");
    // Long enough for the pauses between two looks to have grown.
    await page.waitForTimeout(4_000);
    const [thread] = server.threads.values();
    const question = thread?.items[0];
    thread?.items.push(
      assistantMessage({
        id: "msg_whole",
        threadId: question?.thread_id ?? "",
        text: "Half and whole",
        at: new Date().toISOString(),
      }),
    );
    const onlineAt = performance.now();
    await page.context().setOffline(false);
    await page.locator(".answer", { hasText: "Half and whole" }).waitFor();
    expect(performance.now() - onlineAt).toBeLessThan(1_500);
    expect(await page.locator(".answer").count()).toBe(1);
    expect(await page.getByRole("alert").count()).toBe(0);
  });
});
