// A thread of 10,000 messages: its end at once, the rest as the reader comes near it, without a jump.

import type { ThreadItem } from "@sidekit/chatkit/protocol";
import { describe, expect, test } from "vitest";

import { chatPage } from "./chat-page.ts";
import { isWithoutChromium } from "./chromium.ts";
import { assistantMessage, userMessage } from "./scripted-server.ts";

const dayMs = 86_400_000;

describe.skipIf(isWithoutChromium)("a long thread", () => {
  const it = chatPage({ expectedComplaint: /ERR_/ });

  test("shows its newest messages after two requests, with few nodes", async () => {
    seed(10_000, () => Date.now() - dayMs / 1000);
    const startedAt = performance.now();
    await it.open({ initialThread: "thr_long" });
    await turn(4_999).waitFor();
    const shownMs = performance.now() - startedAt;
    expect(it.server.requests.map(({ type }) => type)).toEqual(["threads.get_by_id", "items.list"]);
    expect(await it.heard("thread.load.end")).toEqual([{ threadId: "thr_long" }]);
    const nodes = await it.page.evaluate(
      () => document.querySelector("openai-chatkit")?.shadowRoot?.querySelectorAll("*").length,
    );
    const devTools = await it.page.context().newCDPSession(it.page);
    const { usedSize } = await devTools.send("Runtime.getHeapUsage");
    console.info(
      `newest shown ${Math.round(shownMs)} ms after navigation, ${nodes} nodes, ${mebi(usedSize)} MiB`,
    );
    expect(nodes).toBeLessThan(1_500);
    expect(shownMs).toBeLessThan(4_000);
  });

  test.each([0, 300, 900])("brings earlier messages in without moving what is read at %i px", async (top) => {
    seed(300, () => Date.now() - dayMs / 1000);
    await it.open({ initialThread: "thr_long" });
    await turn(149).waitFor();
    it.server.refuse = ({ type }) => (type === "items.list" ? { status: 503, body: {} } : null);
    await scrollTo(0);
    await it.page.getByRole("alert").filter({ hasText: "could not be loaded" }).waitFor();
    await scrollTo(top);
    await it.page.waitForTimeout(300);
    it.server.refuse = () => null;
    const places = await it.page.evaluate(async () => {
      const shadow = document.querySelector("openai-chatkit")?.shadowRoot;
      const scroller = shadow?.querySelector(".transcript");
      if (!shadow || !scroller) throw new Error("no transcript");
      const edge = scroller.getBoundingClientRect().top + 100;
      const read = [...shadow.querySelectorAll(".turn")].find(
        (element) => element.getBoundingClientRect().bottom > edge,
      );
      if (read === undefined) throw new Error("no turn");
      const before = read.getBoundingClientRect().bottom;
      const count = shadow.querySelectorAll(".turn").length;
      shadow.querySelector<HTMLButtonElement>(".earlier button")?.click();
      const after: number[] = [];
      while (after.length < 30) {
        await new Promise((resolve) => requestAnimationFrame(resolve));
        if (shadow.querySelectorAll(".turn").length > count) after.push(read.getBoundingClientRect().bottom);
      }
      return { before, after };
    });
    for (const after of places.after) expect(Math.abs(after - places.before)).toBeLessThanOrEqual(1);
  });

  test("lets the keyboard ask for them, says what fails, and tries again", async () => {
    seed(200, () => Date.now() - dayMs / 1000);
    await it.open({ initialThread: "thr_long" });
    await turn(99).waitFor();
    it.server.refuse = ({ type }) => (type === "items.list" ? { status: 503, body: {} } : null);
    await scrollTo(0);
    await it.page.getByRole("alert").filter({ hasText: "could not be loaded" }).waitFor();
    const refused = it.requestsOf("items.list").length;
    await scrollTo(20);
    await scrollTo(0);
    // Nobody is asked over and over by a reader who scrolls.
    expect(it.requestsOf("items.list").length).toBe(refused);

    it.server.refuse = () => null;
    const again = it.page.getByRole("button", { name: "Try again" });
    await again.focus();
    await it.page.keyboard.press("Enter");
    await expect.poll(() => it.page.locator(".turn").count()).toBeGreaterThan(60);
    for (;;) {
      const button = it.page.getByRole("button", { name: "Load earlier messages" });
      if ((await it.page.locator(".turn").count()) === 100) break;
      if ((await button.count()) > 0) await button.press("Enter");
      await it.page.waitForTimeout(50);
    }
    expect(await it.page.getByRole("button", { name: /earlier/i }).count()).toBe(0);
    await expect.poll(() => it.focused()).not.toBe("");
    await it.accessible("all of it");
  });

  test("names the days on which it went on", async () => {
    const now = Date.now();
    const ages = [400, 3, 1, 0].map((days) => now - days * dayMs);
    seed(8, (at) => ages[Math.floor(at / 2)] ?? now);
    await it.open({ initialThread: "thr_long" });
    await turn(3).waitFor();
    const days = await it.page.locator(".day").allTextContents();
    expect(days).toHaveLength(4);
    expect(days.slice(2)).toEqual(["Yesterday", "Today"]);
    const [longAgo, recent] = [0, 1].map((at) => new Date(ages[at] ?? 0));
    expect(days[0]).toContain(String(longAgo?.getFullYear()));
    expect(days[1]).toContain(String(recent?.getDate()));
    await it.picture("days");
  });

  test("is scrolled from its end to its top without a frame that stands still", async () => {
    seed(2_000, () => Date.now() - dayMs / 1000);
    await it.open({ initialThread: "thr_long" });
    await turn(999).waitFor();
    const { frames, slow, longest, turns } = await it.page.evaluate(async () => {
      const shadow = document.querySelector("openai-chatkit")?.shadowRoot;
      const scroller = shadow?.querySelector(".transcript");
      if (!shadow || !scroller) throw new Error("no transcript");
      const lengths: number[] = [];
      let last = performance.now();
      while (scroller.scrollTop > 0 || shadow.querySelector(".earlier") !== null) {
        scroller.scrollTop -= 400;
        const at = await new Promise<number>((resolve) => requestAnimationFrame(resolve));
        lengths.push(at - last);
        last = at;
        if (lengths.length > 20_000) throw new Error("never at the top");
      }
      return {
        frames: lengths.length,
        slow: lengths.filter((length) => length > 50).length,
        longest: Math.max(...lengths),
        turns: shadow.querySelectorAll(".turn").length,
      };
    });
    console.info(`${frames} frames, ${slow} over 50 ms, longest ${Math.round(longest)} ms`);
    expect(turns).toBe(1_000);
    expect(slow / frames).toBeLessThan(0.1);
  }, 60_000);

  function turn(at: number) {
    return it.page.locator(".answer", { hasText: `Answer ${at}.` });
  }

  async function scrollTo(top: number): Promise<void> {
    await it.page.evaluate((to) => {
      document
        .querySelector("openai-chatkit")
        ?.shadowRoot?.querySelector(".transcript")
        ?.scrollTo({ top: to });
      return new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    }, top);
  }

  function seed(length: number, timeOf: (at: number) => number): void {
    const items = Array.from({ length }, (_, at): ThreadItem => {
      const fields = {
        id: `item_${at}`,
        threadId: "thr_long",
        at: new Date(timeOf(at) + at).toISOString(),
        text: `Question ${at / 2}`,
      };
      if (at % 2 === 0) return userMessage(fields);
      const number = (at - 1) / 2;
      const text = `Answer ${number}.\n\n${"A sentence of some length. ".repeat((number % 7) + 1)}\n\n- one\n- two`;
      return assistantMessage({ ...fields, text });
    });
    it.server.threads.set("thr_long", {
      thread: {
        id: "thr_long",
        created_at: items[0]?.created_at ?? "",
        status: { type: "active" },
        metadata: {},
        items: { data: [], has_more: false },
      },
      items,
    });
  }
});

function mebi(bytes: number): string {
  return (bytes / 1_048_576).toFixed(1);
}
