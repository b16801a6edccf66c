// Widgets in the whole element, from the wire to the screen and back.

import type { StreamEvent, ThreadItem } from "@sidekit/chatkit/protocol";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { isWithoutChromium, openChromium } from "./chromium.ts";
import { bundle } from "./page-bundle.ts";
import { openScriptedServer, type ScriptedServer } from "./scripted-server.ts";

describe.skipIf(isWithoutChromium)("widgets in <sidekit-chat>", { timeout: 30_000 }, () => {
  let browser: Browser;
  let server: ScriptedServer;
  let page: Page;

  beforeAll(async () => {
    browser = await openChromium();
    server = await openScriptedServer((await bundle("./page/main.tsx")).code);
    page = await browser.newPage({ viewport: { width: 900, height: 700 } });
    page.setDefaultTimeout(8_000);
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await server?.[Symbol.asyncDispose]();
  });

  test("text streams into its component, the finished tree takes its place, and a reload shows the same", async () => {
    const gate = Promise.withResolvers<void>();
    server.script = async ({ emit, done, newId, now, threadId }) => {
      const item = {
        type: "widget",
        id: newId(),
        thread_id: threadId,
        created_at: now(),
        widget: tree("Dear", true),
      } satisfies ThreadItem;
      emit({ type: "thread.item.added", item }, delta(item.id, " Ana"), delta(item.id, ", hello"));
      await gate.promise;
      done({ ...item, widget: tree("Dear Ana, hello.", false) });
    };
    await page.goto(server.origin);
    await page.getByRole("textbox", { name: "Message" }).fill("Write");
    await page.keyboard.press("Enter");
    await expect.poll(() => page.locator(".w-text").textContent()).toBe("Dear Ana, hello");
    const button = page.getByRole("button", { name: "Approve" });
    await expect.poll(() => button.getAttribute("aria-disabled")).toBe("true");
    gate.resolve();
    await expect.poll(() => page.locator(".w-text").textContent()).toBe("Dear Ana, hello.");
    await expect.poll(() => button.getAttribute("aria-disabled")).toBe(null);
    const threadId = [...server.threads.keys()][0] ?? "";
    await page.goto(
      `${server.origin}/?options=${encodeURIComponent(JSON.stringify({ initialThread: threadId }))}`,
    );
    await expect.poll(() => page.locator(".w-text").textContent()).toBe("Dear Ana, hello.");
  });

  test("a button sends its action for its item", async () => {
    await page.getByRole("button", { name: "Approve" }).click();
    await expect.poll(() => server.requests.at(-1)?.type).toBe("threads.custom_action");
    expect(server.requests.at(-1)).toMatchObject({
      params: { item_id: expect.any(String), action: { type: "approve", payload: { letter: 1 } } },
    });
  });
});

function tree(value: string, streaming: boolean) {
  return {
    type: "Card" as const,
    children: [
      { type: "Text", id: "body", value, ...(streaming ? { streaming } : {}) },
      { type: "Button", label: "Approve", onClickAction: { type: "approve", payload: { letter: 1 } } },
    ],
  };
}

function delta(itemId: string, text: string): StreamEvent {
  return {
    type: "thread.item.updated",
    item_id: itemId,
    update: { type: "widget.streaming_text.value_delta", component_id: "body", delta: text, done: false },
  };
}
