// The bar above the messages, the list of conversations and the start screen, as the page's options make them.

import type { HeaderIcon } from "@openai/chatkit";
import { describe, expect, test } from "vitest";

import { chatPage } from "./chat-page.ts";
import { isWithoutChromium } from "./chromium.ts";
import { namesOfType } from "./vendor-types.ts";

describe.skipIf(isWithoutChromium)(
  "header, history and start screen in Chromium",
  { timeout: 60_000 },
  () => {
    const chat = chatPage();
    const button = (name: string | RegExp) => chat.page.getByRole("button", { name, exact: true });
    const setOptions = (options: Record<string, unknown>) =>
      chat.page.evaluate((it) => window.testPage.setOptions(JSON.parse(it)), JSON.stringify(options));

    test("every header icon is drawn, has a name to be read out, and does what the page says", async () => {
      await chat.open();
      const icons = namesOfType("HeaderIcon");
      expect(icons.length).toBe(46);
      const drawn = new Map<string, string>();
      for (const icon of icons) {
        await chat.page.evaluate((name) => {
          const action = {
            icon: name as HeaderIcon,
            onClick: () => window.testPage.events.push({ name: "left", detail: name }),
          };
          window.testPage.setOptions({ header: { leftAction: action } });
        }, icon);
        const action = chat.page.locator(".header .icon-button").nth(1);
        const svg = await action.locator("svg").getAttribute("class");
        drawn.set(icon, svg ?? "");
        expect(await action.getAttribute("aria-label"), icon).toMatch(/^[A-Z][a-z ]+$/);
        await action.click();
        expect((await chat.heard("left")).at(-1)).toBe(icon);
      }
      // Circle stands for what is not known.
      expect([...drawn].filter(([, svg]) => svg.trim().endsWith("lucide-circle"))).toEqual([]);
      expect(drawn.get("sidebar-left")).not.toBe(drawn.get("sidebar-open-left"));
      await setOptions({ locale: "es", header: {} });
      await chat.page.evaluate(() =>
        window.testPage.setOptions({
          locale: "es",
          header: { rightAction: { icon: "settings-cog", onClick: () => {} } },
        }),
      );
      await button("Ajustes").waitFor();
    });

    test("the title is the page's, the conversation's, or none; the header can go", async () => {
      await chat.open({ header: { title: { text: "Support" } } });
      const title = chat.page.locator(".header .title");
      expect(await title.textContent()).toBe("Support");
      await setOptions({ header: { title: { enabled: false } } });
      await expect.poll(() => title.textContent()).toBe("");
      await setOptions({ header: {} });
      await expect.poll(() => title.textContent()).toBe("New chat");
      await chat.accessible("header without title");
      await setOptions({ header: { enabled: false } });
      await expect.poll(() => chat.page.locator(".header").count()).toBe(0);
    });

    test("history offers what the page allows, also without the header's button", async () => {
      await chat.open({ history: { enabled: true, showDelete: false, showRename: false } });
      await chat.say("Hello");
      await chat.page.locator(".answer").waitFor();
      await button("Show conversations").click();
      await chat.page.locator("[data-opens]").waitFor();
      expect(await button(/Rename/).count()).toBe(0);
      expect(await button(/Delete/).count()).toBe(0);
      await setOptions({ history: { enabled: true } });
      await button(/^Rename/).waitFor();
      await button(/^Delete/).waitFor();
      await chat.page.keyboard.press("Escape");
      await setOptions({ history: { enabled: false } });
      await expect.poll(() => button("Show conversations").count()).toBe(0);
    });

    test("prompts send text or parts with tags, with their icon, and are reported", async () => {
      const content = [
        { type: "input_text", text: "Tell me about " },
        { type: "input_tag", id: "p1", text: "Ada", group: "People", data: { k: "v" }, interactive: true },
      ];
      const prompts = [
        { label: "Plain", prompt: "Just text", icon: "lucide:rocket" },
        { label: "Rich", prompt: content, icon: "lightbulb" },
      ];
      await chat.open({ startScreen: { greeting: "Ask me", prompts } });
      await chat.page.getByText("Ask me").waitFor();
      expect(await button("Plain").locator("svg").count()).toBe(1);
      await button("Rich").click();
      await chat.page.locator(".answer").waitFor();
      expect(chat.requestsOf("threads.create")).toMatchObject([{ input: { content } }]);
      expect(await chat.heard("log")).toContainEqual({ name: "startScreenPrompt.select" });
      await button("New chat").click();
      await button("Plain").click();
      await chat.page.locator(".answer").waitFor();
      expect(chat.requestsOf("threads.create")[1]).toMatchObject({
        input: { content: [{ type: "input_text", text: "Just text" }] },
      });
    });

    test("the disclaimer is Markdown, quieter or not; the frame has the page's title", async () => {
      await chat.open({ disclaimer: { text: "Read the **rules**." }, frameTitle: "Help desk" });
      await chat.page.locator(".disclaimer strong", { hasText: "rules" }).waitFor();
      await chat.page.getByRole("region", { name: "Help desk" }).waitFor();
      const color = () => chat.page.locator(".disclaimer").evaluate((it) => getComputedStyle(it).color);
      const quiet = await color();
      await setOptions({ disclaimer: { text: "Read the **rules**.", highContrast: true } });
      await expect.poll(color).not.toBe(quiet);
    });
  },
);
