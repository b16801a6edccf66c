// An answer that is asked for once more, and what is on screen when nothing comes of it.

import { describe, expect, test } from "vitest";

import { chatPage } from "./chat-page.ts";
import { isWithoutChromium } from "./chromium.ts";
import { assistantMessage } from "./scripted-server.ts";

describe.skipIf(isWithoutChromium)("answering again in Chromium", { timeout: 60_000 }, () => {
  const chat = chatPage();
  const answers = () => chat.page.locator(".answer .markdown").allTextContents();

  test("the former answer goes with the first of the new one, and is back when the server fails before", async () => {
    await chat.open({ threadItemActions: { retry: true } });
    await chat.answered("The first answer.");
    const { promise: goOn, resolve: fail } = Promise.withResolvers<void>();
    chat.server.script = async ({ emit }) => {
      emit({ type: "progress_update", text: "Looking" });
      await goOn;
      emit({ type: "error", code: "stream.error", allow_retry: true });
    };
    await chat.page.getByRole("button", { name: "Answer again" }).click();
    await chat.page.getByText("Looking").waitFor();
    expect(await answers()).toEqual([]);
    fail();
    await chat.page.getByRole("alert").waitFor();
    expect(await answers()).toEqual(["The first answer."]);

    chat.server.script = ({ done, threadId, newId, now }) =>
      done(assistantMessage({ id: newId(), threadId, text: "Another answer.", at: now() }));
    await chat.page.getByRole("button", { name: "Try again" }).click();
    await expect.poll(answers).toEqual(["Another answer."]);
    expect(chat.requestsOf("threads.retry_after_item")).toHaveLength(2);
  });

  test("stopped before it says anything, it leaves the former answer; once it has said something, it takes its place", async () => {
    await chat.open({ threadItemActions: { retry: true } });
    await chat.answered("The first answer.");
    chat.server.script = async ({ emit, closed }) => {
      emit({ type: "progress_update", text: "Looking" });
      await closed;
    };
    await chat.page.getByRole("button", { name: "Answer again" }).click();
    await chat.page.getByText("Looking").waitFor();
    await chat.page.getByRole("button", { name: "Stop answering" }).click();
    await expect.poll(answers).toEqual(["The first answer."]);

    chat.server.script = async ({ emit, closed, threadId, newId, now }) => {
      const item = assistantMessage({ id: newId(), threadId, text: "Anoth", at: now() });
      emit({ type: "thread.item.added", item });
      await closed;
    };
    await chat.page.getByRole("button", { name: "Answer again" }).click();
    await expect.poll(answers).toEqual(["Anoth"]);
    await chat.page.getByRole("button", { name: "Stop answering" }).click();
    await chat.page.getByText("Stopped before it was complete.").waitFor();
    expect(await answers()).toEqual(["Anoth"]);
  });
});
