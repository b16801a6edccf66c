// Tools, models, quotes, and what the page puts into the composer.

import { beforeEach, describe, expect, test } from "vitest";

import { chatPage } from "./chat-page.ts";
import { isWithoutChromium } from "./chromium.ts";
import { assistantMessage } from "./scripted-server.ts";

const tools = [
  { id: "search", label: "Search the web", shortLabel: "Search", icon: "globe", pinned: true },
  { id: "draw", label: "Make an image", icon: "images", placeholderOverride: "Describe the image" },
  { id: "study", label: "Study with me", icon: "lucide:book-open", persistent: true },
];
const models = [
  { id: "quick", label: "Quick", description: "For everyday questions" },
  { id: "deep", label: "Deep", description: "Takes its time", default: true },
  { id: "old", label: "Old", disabled: true },
];

describe.skipIf(isWithoutChromium)("composer: tools and models in Chromium", { timeout: 30_000 }, () => {
  const chat = chatPage();
  const { open, say, requestsOf, heard, focused, accessible, picture } = chat;
  const button = (name: string) => chat.page.getByRole("button", { name, exact: true });
  const field = () => chat.page.getByRole("textbox", { name: "Message" });

  beforeEach(() => open({ composer: { tools, models, attachments: { enabled: true } } }));

  test("a tool is chosen from the menu by keyboard, shown as a chip, sent once, and let go of", async () => {
    const { page } = chat;
    await button("Tools").focus();
    await page.keyboard.press("Enter");
    await expect.poll(focused).toContain("Make an image");
    await accessible("tools open");
    await picture("tools");
    await page.keyboard.press("ArrowDown");
    expect(await focused()).toContain("Study with me");
    await page.keyboard.press("m");
    expect(await focused()).toContain("Make an image");
    await page.keyboard.press("Enter");
    await expect.poll(focused).toBe("Message");
    expect(await page.getByRole("menu").count()).toBe(0);
    await button("Do not use Make an image").waitFor();
    expect(await field().getAttribute("placeholder")).toBe("Describe the image");
    await accessible("tool chosen");
    await picture("tool-chosen");
    await page.keyboard.type("A boat");
    await page.keyboard.press("Enter");
    await page.locator(".answer").waitFor();
    await expect
      .poll(() => requestsOf("threads.create"))
      .toMatchObject([{ input: { inference_options: { tool_choice: { id: "draw" }, model: "deep" } } }]);
    expect(await button("Do not use Make an image").count()).toBe(0);
    expect(await field().getAttribute("placeholder")).toBe("Message the AI");
    expect(await heard("tool.change")).toEqual([{ toolId: "draw" }, { toolId: null }]);
    expect(await heard("log")).toContainEqual({
      name: "composer.tool.select",
      data: { toolId: "draw", source: "menu" },
    });
  });

  test("a persistent tool stays, a pinned one is a switch of its own, a chip can be removed", async () => {
    const { page } = chat;
    await button("Tools").click();
    await page.getByRole("menuitemradio", { name: "Study with me" }).click();
    await say("One");
    await page.locator(".answer").waitFor();
    await say("Two");
    await expect.poll(() => requestsOf("threads.add_user_message").length).toBe(1);
    await expect
      .poll(() => requestsOf("threads.add_user_message"))
      .toMatchObject([{ input: { inference_options: { tool_choice: { id: "study" } } } }]);
    await button("Do not use Study with me").click();
    await expect.poll(focused).toBe("Message");
    const pinned = button("Search the web");
    await pinned.click();
    expect(await pinned.getAttribute("aria-pressed")).toBe("true");
    expect(await pinned.textContent()).toBe("Search");
    await pinned.click();
    expect(await pinned.getAttribute("aria-pressed")).toBe("false");
    await page.locator(".answer").nth(1).waitFor();
    await say("Three");
    await expect.poll(() => requestsOf("threads.add_user_message").length).toBe(2);
    expect(JSON.stringify(requestsOf("threads.add_user_message")[1])).not.toContain("tool_choice");
  });

  test("Escape closes a menu without ending the answer; options that drop the tool let go of it", async () => {
    const { page, server } = chat;
    const gate = Promise.withResolvers<void>();
    server.script = () => gate.promise;
    await say("Wait");
    await button("Stop answering").waitFor();
    await button("Tools").click();
    await page.getByRole("menu").waitFor();
    await page.keyboard.press("Escape");
    await expect.poll(() => page.getByRole("menu").count()).toBe(0);
    expect(await focused()).toBe("Tools");
    expect(await button("Stop answering").count()).toBe(1);
    gate.resolve();
    await button("Send message").waitFor();
    await page.evaluate(() => window.testPage.chat?.setComposerValue({ selectedToolId: "study" }));
    await page.evaluate(() => window.testPage.setOptions({ composer: {} }));
    await expect.poll(() => heard("tool.change")).toEqual([{ toolId: "study" }, { toolId: null }]);
    expect(await page.locator(".tool-button").count()).toBe(0);
  });

  test("a model is chosen with its description; one that is disabled is not", async () => {
    const { page } = chat;
    await button("Model: Deep").click();
    await page.getByText("For everyday questions").waitFor();
    await accessible("models open");
    await picture("models");
    await page.getByRole("menuitemradio", { name: "Old" }).click({ force: true });
    await page.getByRole("menuitemradio", { name: "Quick" }).click();
    await button("Model: Quick").waitFor();
    await say("Hello");
    await page.locator(".answer").waitFor();
    await expect
      .poll(() => requestsOf("threads.create"))
      .toMatchObject([{ input: { inference_options: { model: "quick" } } }]);
    await button("Model: Quick").waitFor();
  });

  test("the page fills the composer: text, quote, attachment, tool, model; what it does not name stays", async () => {
    const { page } = chat;
    await page.evaluate(() =>
      window.testPage.chat?.setComposerValue({
        content: [
          { type: "input_text", text: "About " },
          { type: "input_tag", id: "p1", text: "Ada", data: { role: "lead" }, interactive: true },
        ],
        reply: "  The words before.  ",
        attachments: [{ type: "file", id: "atc_1", name: "plan.pdf", mime_type: "application/pdf" }],
        selectedToolId: "draw",
        selectedModelId: "quick",
      }),
    );
    expect(await field().inputValue()).toBe("About @Ada");
    await page.getByText("The words before.").waitFor();
    await accessible("filled");
    await picture("filled");
    await page.evaluate(() => window.testPage.chat?.setComposerValue({ selectedToolId: null }));
    expect(await field().inputValue()).toBe("About @Ada");
    await field().press("Enter");
    await page.locator(".user blockquote", { hasText: "The words before." }).waitFor();
    await expect
      .poll(() => requestsOf("threads.create"))
      .toEqual([
        {
          input: {
            content: [
              { type: "input_text", text: "About " },
              { type: "input_tag", id: "p1", text: "Ada", data: { role: "lead" }, interactive: true },
            ],
            attachments: ["atc_1"],
            quoted_text: "The words before.",
            inference_options: { model: "quick" },
          },
        },
      ]);
    expect(await field().inputValue()).toBe("");
    expect(await page.locator(".composer-quote, .composer-file").count()).toBe(0);
  });

  test("what it may not say is refused, and changes nothing", async () => {
    const { page, server } = chat;
    const refused = (params: object) =>
      page.evaluate(
        (it) =>
          window.testPage.chat?.setComposerValue(it).then(
            () => "done",
            (error: Error) => ("code" in error ? String(error.code) : error.message),
          ),
        params,
      );
    expect(await refused({ text: "a", selectedToolId: "none" })).toBe("tool_unknown");
    expect(await refused({ text: "a", selectedModelId: "old" })).toBe("model_unknown");
    expect(await field().inputValue()).toBe("");
    const gate = Promise.withResolvers<void>();
    server.script = () => gate.promise;
    await say("Wait");
    await button("Stop answering").waitFor();
    expect(await refused({ text: "a" })).toBe("response_running");
    gate.resolve();
    await button("Send message").waitFor();
    expect(await refused({ text: "a" })).toBe("done");
  });

  test("sendUserMessage says its own tool, model and reply, and leaves the composer as it is", async () => {
    const { page } = chat;
    await page.evaluate(() =>
      window.testPage.chat?.setComposerValue({ text: "A draft", reply: "Mine", selectedToolId: "draw" }),
    );
    await page.evaluate(() =>
      window.testPage.chat?.sendUserMessage({
        content: [{ type: "input_tag", id: "p1", text: "Ada" }],
        reply: "Theirs",
        attachments: [{ type: "file", id: "atc_2", name: "a.txt", mime_type: "text/plain" }],
        toolChoice: { id: "study" },
        model: "quick",
      }),
    );
    await page.locator(".answer").waitFor();
    await expect
      .poll(() => requestsOf("threads.create"))
      .toMatchObject([
        {
          input: {
            content: [{ type: "input_tag", id: "p1", text: "Ada", data: {}, interactive: false }],
            attachments: ["atc_2"],
            quoted_text: "Theirs",
            inference_options: { tool_choice: { id: "study" }, model: "quick" },
          },
        },
      ]);
    expect(await field().inputValue()).toBe("A draft");
    await page.locator(".composer-quote", { hasText: "Mine" }).waitFor();
    await button("Do not use Make an image").waitFor();
    expect(await heard("tool.change")).toEqual([{ toolId: "draw" }]);
    const blank = await page.evaluate(() =>
      window.testPage.chat?.sendUserMessage({ text: " ", newThread: true }).catch((it: Error) => it.message),
    );
    expect(blank).toBe("A message needs text.");
    expect(await page.locator(".answer").count()).toBe(1);
    await page.evaluate(() => window.testPage.chat?.sendUserMessage({ text: "Anew", newThread: true }));
    await expect.poll(() => requestsOf("threads.create").length).toBe(2);
  });

  test("a prompt of the start screen is sent with the chosen tool and model, and what is being written stays", async () => {
    const { page } = chat;
    const prompt = [
      { type: "input_text", text: "Tell me about " },
      { type: "input_tag", id: "p1", text: "Ada" },
    ];
    await open({ composer: { tools, models }, startScreen: { prompts: [{ label: "Who?", prompt }] } });
    await button("Search the web").click();
    await field().fill("Mine");
    await button("Who?").click();
    await page.locator(".user .tag", { hasText: "@Ada" }).waitFor();
    await expect
      .poll(() => requestsOf("threads.create"))
      .toMatchObject([
        {
          input: {
            content: [{ type: "input_text" }, { type: "input_tag", id: "p1" }],
            inference_options: { tool_choice: { id: "search" }, model: "deep" },
          },
        },
      ]);
    expect(await field().inputValue()).toBe("Mine");
    expect(await heard("tool.change")).toEqual([{ toolId: "search" }, { toolId: null }]);
  });

  test("words of an answer that are selected become a quote, by mouse and by keyboard", async () => {
    const { page } = chat;
    await say("Hello there");
    const answer = page.locator(".answer p");
    await answer.waitFor();
    expect(await button("Reply").count()).toBe(0);
    await page.locator(".bubble").dblclick({ position: { x: 30, y: 15 } });
    await page.waitForTimeout(200);
    expect(await button("Reply").count()).toBe(0);
    await answer.dblclick({ position: { x: 10, y: 8 } });
    await button("Reply").waitFor();
    await accessible("reply");
    await picture("reply");
    await button("Reply").click();
    await page.locator(".composer-quote", { hasText: "You" }).waitFor();
    expect(await button("Reply").count()).toBe(0);
    await expect.poll(focused).toBe("Message");
    await button("Remove the quote").click();
    expect(await page.locator(".composer-quote").count()).toBe(0);
    await answer.click({ clickCount: 3 });
    await button("Reply").waitFor();
    for (let press = 0; press < 12 && (await focused()) !== "Reply"; press += 1)
      await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.locator(".composer-quote", { hasText: "You said: Hello there" }).waitFor();
    await page.keyboard.type("Really?");
    await page.keyboard.press("Enter");
    await page.locator(".user blockquote").waitFor();
    await expect
      .poll(() => requestsOf("threads.add_user_message"))
      .toMatchObject([{ input: { quoted_text: "You said: Hello there" } }]);
  });

  test("in a conversation that takes no messages nothing can be chosen, and nothing replied to", async () => {
    const { page, server } = chat;
    server.script = ({ emit, done, newId, now, threadId }) => {
      done(assistantMessage({ id: newId(), threadId, text: "That is all.", at: now() }));
      const { thread } = server.threads.get(threadId) ?? {};
      if (thread !== undefined)
        emit({
          type: "thread.updated",
          thread: { ...thread, status: { type: "locked", reason: "A pause." } },
        });
    };
    await say("Hello");
    const answer = page.locator(".answer p");
    await answer.waitFor();
    await expect.poll(() => field().getAttribute("placeholder")).toBe("A pause.");
    for (const name of ["Attach files", "Tools", "Search the web", "Model: Deep"])
      expect(await button(name).isDisabled()).toBe(true);
    await answer.dblclick();
    await page.waitForTimeout(200);
    expect(await button("Reply").count()).toBe(0);
    await accessible("locked");
  });

  test.each([320, 480])(
    "everything has its place at %d px, and nothing is wider than the view",
    async (width) => {
      const { page } = chat;
      await page.setViewportSize({ width, height: 560 });
      await page.evaluate(() =>
        window.testPage.chat?.setComposerValue({
          text: "A draft of some words that go on for a while",
          reply: "Quoted",
          selectedToolId: "draw",
        }),
      );
      await picture(`narrow-${width}`);
      await accessible(`narrow ${width}`);
      const wide = await page.evaluate(() => {
        const root = document.querySelector("openai-chatkit")?.shadowRoot;
        const boxes = [...(root?.querySelectorAll(".composer, .composer *") ?? [])].map((it) =>
          it.getBoundingClientRect(),
        );
        return boxes.filter((box) => box.width > 0 && (box.right > innerWidth || box.left < 0)).length;
      });
      expect(wide).toBe(0);
    },
  );
});
