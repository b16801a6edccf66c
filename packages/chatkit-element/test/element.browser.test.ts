// The element in a real browser, driven by the vendor's unmodified React binding, under a strict content security policy.

import axe from "axe-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { isWithoutChromium, openChromium } from "./chromium.ts";
import { bundle } from "./page-bundle.ts";
import {
  assistantMessage,
  openScriptedServer,
  type Script,
  type ScriptedServer,
  userMessage,
} from "./scripted-server.ts";

type AxeRun = { violations: { id: string; nodes: { target: unknown; failureSummary?: string }[] }[] };

describe.skipIf(isWithoutChromium)("<sidekit-chat> in Chromium", { timeout: 30_000 }, () => {
  let code: string;
  let browser: Browser;
  let server: ScriptedServer;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    ({ code } = await bundle("./page/main.tsx"));
    browser = await openChromium();
  }, 60_000);
  afterAll(() => browser?.close());

  beforeEach(async () => {
    server = await openScriptedServer(code);
    complaints = [];
    page = await browser.newPage({ viewport: { width: 900, height: 700 } });
    page.setDefaultTimeout(8_000);
    page.on("pageerror", (error) => complaints.push(String(error)));
    // A violation of the policy shows up here. A refused request does too, and is part of some tests.
    page.on("console", (message) => {
      if (message.type() === "error" && !message.text().includes("status of 4"))
        complaints.push(message.text());
    });
  });
  afterEach(async () => {
    await page.close();
    await server[Symbol.asyncDispose]();
    expect(complaints).toEqual([]);
  });

  test("sends, streams and shows the answer, and tells the page", async () => {
    const gate = Promise.withResolvers<void>();
    server.script = async ({ emit, done, newId, now, threadId }) => {
      const message = assistantMessage({ id: newId(), threadId, text: "", at: now() });
      emit({ type: "thread.item.added", item: message }, delta(message.id, "Three **riv"));
      await gate.promise;
      emit(delta(message.id, "ers** are long."), { type: "client_effect", name: "refresh", data: { a: 1 } });
      done({
        ...message,
        content: [{ type: "output_text", text: "Three **rivers** are long.", annotations: [] }],
      });
    };
    await open();
    await say("Hello rivers");
    await page.locator(".bubble", { hasText: "Hello rivers" }).waitFor();
    await page.locator(".answer strong", { hasText: /^riv$/ }).waitFor();
    expect(await focused()).toBe("Message");
    gate.resolve();
    await page.locator(".answer", { hasText: "Three rivers are long." }).waitFor();
    await page.getByRole("button", { name: "Copy answer" }).waitFor();
    await expect
      .poll(() => events())
      .toEqual([
        "ready",
        "response.start",
        { name: "thread.change", detail: { threadId: "id_1" } },
        { name: "effect", detail: { name: "refresh", data: { a: 1 } } },
        "response.end",
      ]);
    await expect
      .poll(() => page.locator(".frame > [role=status]").textContent())
      .toBe("Answer complete: Three rivers are long.");
    expect(server.requests.map(({ type }) => type)).toEqual(["threads.create"]);
  });

  test("stops: the server sees the connection close, the words stay, the focus too", async () => {
    const closed = Promise.withResolvers<void>();
    server.script = async ({ emit, newId, now, threadId, closed: left }) => {
      const message = assistantMessage({ id: newId(), threadId, text: "", at: now() });
      emit({ type: "thread.item.added", item: message }, delta(message.id, "Half an ans"));
      await left;
      closed.resolve();
    };
    await open();
    await say("Go on");
    await page.locator(".answer", { hasText: "Half an ans" }).waitFor();
    await page.getByRole("button", { name: "Stop answering" }).click();
    await closed.promise;
    await page.locator(".answer", { hasText: "Stopped before it was complete." }).waitFor();
    await page.getByRole("button", { name: "Send message" }).waitFor();
    expect(await page.locator(".answer").textContent()).toContain("Half an ans");
    expect(await focused()).toBe("Message");
    expect(await page.locator(".failure").count()).toBe(0);
  });

  test("asks again after a stop for as long as the server is still freeing the thread", async () => {
    server.script = ({ closed }) => closed;
    await open();
    await say("First");
    await page.locator(".bubble", { hasText: "First" }).waitFor();
    await expect.poll(() => server.threads.size).toBe(1);
    let busy = 3;
    server.refuse = ({ type }) => {
      if (type !== "threads.add_user_message" || busy === 0) return null;
      busy -= 1;
      return { status: 409, body: { error: { code: "thread_busy", message: "Busy." } } };
    };
    server.script = echo;
    await expect
      .poll(() => page.evaluate(() => window.testPage.events.some(({ name }) => name === "thread.change")))
      .toBe(true);
    await page.keyboard.press("Escape");
    await say("Second");
    await page.locator(".answer", { hasText: "You said: Second" }).waitFor();
    expect(busy).toBe(0);
  });

  test("shows a failure and answers again through the server's retry", async () => {
    server.script = (answering) =>
      answering.isRetry
        ? echo(answering)
        : answering.emit({ type: "error", code: "stream.error", allow_retry: true });
    await open();
    await say("Once more");
    const line = page.getByRole("alert");
    await line.filter({ hasText: "Something went wrong while answering." }).waitFor();
    await line.getByRole("button", { name: "Try again" }).click();
    await page.locator(".answer", { hasText: "You said: Once more" }).waitFor();
    expect(await page.locator(".bubble").count()).toBe(1);
    expect(await line.count()).toBe(0);
    expect(await focused()).toBe("Message");
    expect(server.requests.map(({ type }) => type)).toEqual(["threads.create", "threads.retry_after_item"]);
  });

  test("sends the message again where the server has no retry", async () => {
    let isFirst = true;
    server.script = (answering) => {
      if (!isFirst) return echo(answering);
      isFirst = false;
      return answering.emit({ type: "error", code: "custom", message: "No luck.", allow_retry: true });
    };
    server.refuse = ({ type }) =>
      type === "threads.retry_after_item"
        ? {
            status: 400,
            body: {
              error: {
                code: "invalid_request",
                message: `This request type is not available on this server.`,
              },
            },
          }
        : null;
    await open();
    await say("Once more");
    await page
      .getByRole("alert")
      .filter({ hasText: "No luck." })
      .getByRole("button", { name: "Try again" })
      .click();
    await page.locator(".answer", { hasText: "You said: Once more" }).waitFor();
    expect(await page.locator(".bubble").count()).toBe(2);
    expect(server.requests.map(({ type }) => type)).toEqual([
      "threads.create",
      "threads.retry_after_item",
      "threads.add_user_message",
    ]);
  });

  test("says what an HTTP refusal means, marks the message as not sent, and sends it on retry", async () => {
    server.refuse = () => ({ status: 409, body: { error: { code: "thread_busy", message: "Busy." } } });
    await open();
    await say("Hello");
    const line = page.getByRole("alert");
    await line.filter({ hasText: "This conversation is still being answered." }).waitFor();
    await page.locator(".user", { hasText: "Not sent" }).waitFor();
    server.refuse = () => ({ status: 418, body: { error: { code: "teapot", message: "Tea only." } } });
    await line.getByRole("button", { name: "Try again" }).click();
    await line.filter({ hasText: "Tea only." }).waitFor();
    server.refuse = () => null;
    await line.getByRole("button", { name: "Try again" }).click();
    await page.locator(".answer", { hasText: "You said: Hello" }).waitFor();
    expect(await page.locator(".bubble").count()).toBe(1);
    expect(await page.getByText("Not sent").count()).toBe(0);
  });

  test("says that the connection broke, and keeps what had come", async () => {
    server.script = ({ emit, newId, now, threadId }) => {
      const message = assistantMessage({ id: newId(), threadId, text: "", at: now() });
      emit({ type: "thread.item.added", item: message }, delta(message.id, "Half an ans"));
      throw new Error("cut");
    };
    server.cutOnError = true;
    await open();
    await say("Go on");
    await page.getByRole("alert").filter({ hasText: "The connection broke" }).waitFor();
    expect(await page.locator(".answer").textContent()).toContain("Half an ans");
    complaints = complaints.filter((text) => !text.includes("ERR_"));
  });

  test("lists conversations; opens, renames and deletes them by keyboard alone", async () => {
    for (const title of ["Rivers", "Mountains", "Lakes"]) seed(title, 45);
    await open();
    await page.getByRole("button", { name: "Show conversations" }).focus();
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog", { name: "Conversations" });
    await dialog.getByRole("button", { name: "Lakes", exact: true }).waitFor();
    expect(server.requests).toMatchObject([{ type: "threads.list", params: { limit: 9999, order: "desc" } }]);

    await dialog.getByRole("button", { name: "Rename “Rivers”" }).focus();
    await page.keyboard.press("Enter");
    await page.keyboard.type("Streams");
    await page.keyboard.press("Enter");
    await dialog.getByRole("button", { name: "Streams", exact: true }).waitFor();
    await expect.poll(() => focused()).toBe("Streams");

    await dialog.getByRole("button", { name: "Delete “Lakes”" }).focus();
    await page.keyboard.press("Enter");
    await expect.poll(() => focused()).toBe("Cancel");
    expect(server.threads.size).toBe(3);
    await page.keyboard.press("Shift+Tab");
    await page.keyboard.press("Enter");
    await expect.poll(() => server.threads.size).toBe(2);
    await expect.poll(() => focused()).toBe("Mountains");

    await page.keyboard.press("Enter");
    await page.locator(".bubble", { hasText: "Mountains 44" }).waitFor();
    // A page from the end; the others come when they are wanted.
    expect(await page.locator(".bubble").count()).toBe(40);
    expect(await dialog.count()).toBe(0);
    await expect.poll(() => focused()).toBe("Message");
    await expect.poll(distanceToEnd).toBeLessThan(2);
    expect(await page.locator("h2").first().textContent()).toBe("Mountains");

    await page.getByRole("button", { name: "Show conversations" }).click();
    await dialog.waitFor();
    await page.keyboard.press("Escape");
    await expect.poll(() => focused()).toBe("Show conversations");
  });

  test("starts a new conversation, and opens the initial one with all its pages", async () => {
    const id = seed("Rivers", 25);
    await open({ initialThread: id });
    await page.locator(".bubble", { hasText: "Rivers 24" }).waitFor();
    await expect
      .poll(() => events())
      .toEqual([
        "ready",
        { name: "thread.load.start", detail: { threadId: id } },
        { name: "thread.change", detail: { threadId: id } },
        { name: "thread.load.end", detail: { threadId: id } },
      ]);
    await page.getByRole("button", { name: "New chat" }).click();
    await page.getByText("What can I help with today?").waitFor();
    expect(await focused()).toBe("Message");
    await say("Fresh");
    await page.locator(".answer").waitFor();
    expect(server.threads.size).toBe(2);
  });

  test("a thread that is gone is told in a sentence and as an error with its status", async () => {
    await open({ initialThread: "thr_gone" });
    await page.getByRole("alert").filter({ hasText: "does not exist any more" }).waitFor();
    expect(await events()).toContainEqual({
      name: "error",
      detail: "refused: The server refused the request.",
    });
  });

  test("methods of the binding work, and say what is wrong with what they were given", async () => {
    await open();
    await page.evaluate(() => window.testPage.chat?.setComposerValue({ text: "A draft" }));
    expect(await page.getByLabel("Message", { exact: true }).inputValue()).toBe("A draft");
    await page.evaluate(() =>
      window.testPage.chat?.sendUserMessage({ text: "From the page", reply: "Quoted words", model: "m1" }),
    );
    await page.locator(".user blockquote", { hasText: "Quoted words" }).waitFor();
    await page.locator(".answer").waitFor();
    expect(server.requests[0]).toMatchObject({
      params: { input: { quoted_text: "Quoted words", inference_options: { model: "m1" } } },
    });
    seedInto([...server.threads.keys()][0] ?? "", "Added elsewhere");
    await page.evaluate(() => window.testPage.chat?.fetchUpdates());
    await page.locator(".bubble", { hasText: "Added elsewhere" }).waitFor();
    server.refuse = ({ type }) => (type === "threads.get_by_id" ? { status: 403, body: {} } : null);
    const failed = await page.evaluate(() =>
      window.testPage.chat?.fetchUpdates().catch((error: Error) => error.message),
    );
    expect(failed).toBe("The server refused the request.");
    expect(await page.locator(".bubble").count()).toBe(2);
    expect(await page.getByRole("alert").count()).toBe(0);
    server.refuse = () => null;
    await page.evaluate(() => window.testPage.chat?.showHistory());
    await page.getByRole("dialog").waitFor();
    await page.evaluate(() => window.testPage.chat?.hideHistory());
    await page.evaluate(() => window.testPage.chat?.setThreadId(null));
    await page.getByText("What can I help with today?").waitFor();
    const refused = await page.evaluate(async () => {
      const { chat } = window.testPage;
      const tries = [
        () => chat?.sendCustomAction({ type: "x" }),
        () => chat?.setComposerValue({ selectedToolId: "x" }),
        () => chat?.sendUserMessage({ text: "  " }),
      ];
      return Promise.all(
        tries.map(async (attempt) =>
          attempt()?.then(
            () => "done",
            (error: Error) => error.message,
          ),
        ),
      );
    });
    expect(refused).toEqual([
      "There is no conversation to act in.",
      "The option composer.tools has no tool with this id.",
      "A message needs text.",
    ]);
  });

  test("explains that hosted sessions need the vendor's element", async () => {
    await open();
    await page.evaluate(() => window.testPage.setOptions({ api: { getClientSecret: async () => "x" } }));
    await page
      .getByRole("alert")
      .filter({ hasText: "Hosted sessions need OpenAI's own chat element." })
      .waitFor();
    expect(await events()).toContainEqual({
      name: "error",
      detail:
        "api_hosted: Hosted sessions need the vendor's element; this one talks to a self-hosted ChatKit server.",
    });
  });

  test("draws reasoning, sources and kinds it cannot show yet, and takes nothing on the wire for HTML", async () => {
    server.script = ({ emit, done, newId, now, threadId, text }) => {
      const base = { thread_id: threadId, created_at: now() };
      const task = {
        type: "thought" as const,
        status_indicator: "complete" as const,
        title: "Looking",
        content: "At the **map**",
      };
      done({
        ...base,
        id: newId(),
        type: "workflow",
        workflow: { type: "reasoning", tasks: [task], summary: { duration: 8 }, expanded: false },
      });
      emit(
        { type: "progress_update", text: "Reading on" },
        { type: "notice", level: "info", message: "A *note*" },
      );
      const message = assistantMessage({ id: newId(), threadId, text: hostile, at: now() });
      const source = { type: "url" as const, title: "The map", url: "https://example.com/map" };
      const bad = { type: "url" as const, title: "Bad", url: "javascript:alert(1)" };
      done({
        ...message,
        content: [
          {
            type: "output_text",
            text: hostile,
            annotations: [source, bad].map((it) => ({ type: "annotation" as const, source: it })),
          },
        ],
      });
      // A kind that a newer server may know.
      done(JSON.parse(JSON.stringify({ ...base, id: newId(), type: "hologram", name: text })));
    };
    await open();
    await say("<img src=x onerror=alert(1)>");
    await page.locator(".placeholder", { hasText: "hologram: this chat cannot show it yet." }).waitFor();
    expect(await page.locator(".bubble").textContent()).toBe("<img src=x onerror=alert(1)>");
    expect(
      await page.locator("openai-chatkit img, openai-chatkit script, openai-chatkit iframe").count(),
    ).toBe(0);
    const links = await page
      .locator("openai-chatkit a")
      .evaluateAll((all) =>
        all.map((link) => [
          link.getAttribute("href"),
          link.getAttribute("rel"),
          link.getAttribute("target"),
          link.getAttribute("title"),
        ]),
      );
    expect(links).toEqual([
      ["https://example.com/a", "noopener noreferrer", "_blank", "example.com"],
      ["https://tracker.example/p.png", "noopener noreferrer", "_blank", "tracker.example"],
      ["https://example.com/map", "noopener noreferrer", "_blank", "example.com"],
    ]);
    const summary = page.getByRole("button", { name: "Thought for 8 seconds" });
    expect(await summary.getAttribute("aria-expanded")).toBe("false");
    await summary.click();
    await page.locator(".task strong", { hasText: "map" }).waitFor();
    await page.getByRole("button", { name: "Dismiss" }).click();
    expect(await page.locator(".notice").count()).toBe(0);
    expect(await focused()).toBe("Message");
    await page.getByRole("button", { name: "open it" }).click();
    expect(await events()).toContainEqual({ name: "deeplink", detail: { name: "order", data: { id: "7" } } });
  });

  test("Shift+Enter begins a new line, the field grows, and an input method's Enter sends nothing", async () => {
    await open();
    const field = page.getByLabel("Message", { exact: true });
    const before = (await field.boundingBox())?.height ?? 0;
    await field.pressSequentially("one");
    await page.keyboard.press("Shift+Enter");
    await field.pressSequentially("two");
    expect(await field.inputValue()).toBe("one\ntwo");
    expect((await field.boundingBox())?.height).toBeGreaterThan(before * 1.5);
    await field.dispatchEvent("keydown", { key: "Enter", keyCode: 229, bubbles: true });
    expect(server.requests).toEqual([]);
    await page.keyboard.press("Enter");
    await page.locator(".bubble", { hasText: "one two" }).waitFor();
  });

  test("a message over the server's limit stays whole in the field and is not sent until it is shorter", async () => {
    await open();
    const field = page.getByLabel("Message", { exact: true });
    await field.fill("ü".repeat(32_769));
    await page.getByRole("status").filter({ hasText: "too long" }).waitFor();
    await page.keyboard.press("Enter");
    expect((await field.inputValue()).length).toBe(32_769);
    expect(server.requests).toEqual([]);
    await field.fill("ü".repeat(32_768));
    await page.keyboard.press("Enter");
    await page.locator(".answer").waitFor();
    expect(server.requests).toHaveLength(1);
    expect(await page.getByText("too long").count()).toBe(0);
  });

  test("keeps the end in view however fast the answer grows, until the reader scrolls back", async () => {
    const gate = Promise.withResolvers<void>();
    server.script = async ({ emit, done, newId, now, threadId }) => {
      const message = assistantMessage({ id: newId(), threadId, text: "", at: now() });
      emit({ type: "thread.item.added", item: message });
      const block = "### Heading\n\n- one\n- two\n- three\n\n";
      for (let n = 0; n < 60; n += 1) {
        emit(delta(message.id, block));
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      await gate.promise;
      const text = `${block.repeat(70)}The end`;
      done({ ...message, content: [{ type: "output_text", text, annotations: [] }] });
    };
    await open({ thread: { autoScroll: true } });
    await say("Go");
    await expect.poll(() => page.locator(".answer .heading").count()).toBe(60);
    await expect.poll(distanceToEnd).toBeLessThan(2);
    await page.locator(".transcript").hover();
    await page.mouse.wheel(0, -300);
    await expect.poll(distanceToEnd).toBeGreaterThan(200);
    gate.resolve();
    await page.locator(".answer", { hasText: "The end" }).waitFor();
    expect(await distanceToEnd()).toBeGreaterThan(200);
    await page.getByRole("button", { name: "Scroll to the newest message" }).click();
    await expect.poll(distanceToEnd).toBeLessThan(2);
  });

  test("the greys and the focus ring follow the theme, a ring that nobody could see does not", async () => {
    const themed = (colorScheme: string, primary: string) => ({
      theme: {
        colorScheme,
        color: { grayscale: { hue: 75, tint: 9 }, accent: { primary, level: 1 } },
      },
    });
    await open(themed("dark", "#74cdb9"));
    const composer = page.locator(".composer");
    expect(await composer.evaluate((it) => getComputedStyle(it).backgroundColor)).toMatch(/^oklch\(.* 75\)$/);
    await page.getByRole("button", { name: "New chat" }).focus();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Shift+Tab");
    const ring = () =>
      page.getByRole("button", { name: "New chat" }).evaluate((it) => getComputedStyle(it).outlineColor);
    expect(await ring()).toBe("rgb(116, 205, 185)");
    await page.evaluate(
      (options) => window.testPage.setOptions(JSON.parse(options)),
      JSON.stringify(themed("light", "#fff3b0")),
    );
    await expect.poll(ring).toBe("rgb(37, 99, 235)");
  });

  test("right-to-left text runs from the right: message, answer, list; code does not", async () => {
    const answer = "שלום `code` עולם\n\n- מרחבא\n\n- שני\n\nLatin\n\n```\nשלום = 1\n```";
    server.script = ({ done, newId, now, threadId }) =>
      done(assistantMessage({ id: newId(), threadId, text: answer, at: now() }));
    await open();
    await say("שלום, hello");
    await page.locator(".answer pre").waitFor();
    const direction = (selector: string) =>
      page.locator(selector).evaluateAll((all) => all.map((it) => getComputedStyle(it).direction));
    expect(await direction(".bubble")).toEqual(["rtl"]);
    expect(await direction(".markdown > p")).toEqual(["rtl", "ltr"]);
    expect(await direction(".markdown ul, .markdown li p")).toEqual(["rtl", "rtl", "rtl"]);
    expect(await direction(".markdown pre")).toEqual(["ltr"]);
  });

  test("nothing but the messages scrolls, however far away what is looked for is", async () => {
    const id = seed("Rivers", 45);
    await open({ initialThread: id });
    await page.locator(".bubble", { hasText: "Rivers 44" }).waitFor();
    for (const number of [0, 22, 44]) {
      await page
        .locator(".user h3")
        .nth(number)
        .evaluate((it) => it.scrollIntoView());
      expect(await page.locator(".frame").evaluate((it) => it.scrollTop)).toBe(0);
      const header = await page.locator(".header").boundingBox();
      expect(header?.y).toBe(0);
    }
  });

  test("leaving the page's document lets the answer go on, and coming back shows it", async () => {
    const gate = Promise.withResolvers<void>();
    server.script = async ({ done, emit, newId, now, threadId }) => {
      emit({ type: "progress_update", text: "Working on it" });
      await gate.promise;
      done(assistantMessage({ id: newId(), threadId, text: "Done meanwhile", at: now() }));
    };
    await open();
    await say("Go");
    await page.locator(".progress", { hasText: "Working on it" }).waitFor();
    await page.evaluate(async () => {
      const element = document.querySelector("openai-chatkit");
      const parent = element?.parentElement;
      element?.remove();
      await new Promise((resolve) => setTimeout(resolve, 50));
      Object.assign(window, { putBack: () => element && parent?.append(element) });
    });
    gate.resolve();
    await expect.poll(() => [...server.threads.values()][0]?.items.length).toBe(2);
    await page.evaluate("putBack()");
    await page.locator(".answer", { hasText: "Done meanwhile" }).waitFor();
  });

  describe.each([
    { scheme: "light", width: 900 },
    { scheme: "dark", width: 900 },
    { scheme: "light", width: 320 },
    { scheme: "dark", width: 320 },
  ] as const)("in $scheme at $width px", ({ scheme, width }) => {
    test("axe-core finds nothing, and nothing is wider than the view", async () => {
      await page.setViewportSize({ width, height: 640 });
      await page.emulateMedia({ reducedMotion: "reduce" });
      seed("Rivers", 2);
      await open({
        theme: { colorScheme: scheme, color: { accent: { primary: "#0f6b5c", level: 1 } } },
        threadItemActions: { retry: true },
        disclaimer: { text: "May be [wrong](https://example.com/)." },
        startScreen: { prompts: [{ label: "Begin", prompt: "Begin", icon: "bolt" }] },
      });
      await accessible("start");
      server.script = ({ emit, done, newId, now, threadId }) => {
        const base = { thread_id: threadId, created_at: now() };
        const task = {
          type: "web_search" as const,
          status_indicator: "complete" as const,
          queries: ["q"],
          sources: [],
        };
        done({
          ...base,
          id: newId(),
          type: "workflow",
          workflow: { type: "reasoning", tasks: [task], expanded: true },
        });
        for (const level of ["info", "warning", "danger"] as const)
          emit({ type: "notice", level, message: "Note", title: "Title" });
        done(assistantMessage({ id: newId(), threadId, text: rich, at: now() }));
        emit({ type: "error", code: "stream.error", allow_retry: true });
      };
      await page.getByRole("button", { name: "Begin" }).click();
      await page.getByRole("alert").filter({ hasText: "Something went wrong" }).waitFor();
      await accessible("answer");
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(overflow).toBeLessThanOrEqual(0);
      expect(await page.locator(".transcript").evaluate((it) => it.scrollWidth - it.clientWidth)).toBe(0);
      await page.getByRole("button", { name: "Show conversations" }).click();
      await page.getByRole("button", { name: "Delete “Rivers”" }).click();
      await accessible("history");
      const background = await page.locator(".frame").evaluate((it) => getComputedStyle(it).backgroundColor);
      expect(background).toBe(scheme === "dark" ? "rgb(25, 25, 28)" : "rgb(255, 255, 255)");
    });
  });

  const echo: Script = ({ done, newId, now, threadId, text }) =>
    done(assistantMessage({ id: newId(), threadId, text: `You said: ${text}`, at: now() }));

  async function open(options: object = {}): Promise<void> {
    await page.goto(`${server.origin}/?options=${encodeURIComponent(JSON.stringify(options))}`);
    await page.getByLabel("Message", { exact: true }).waitFor();
    await expect
      .poll(() => page.evaluate(() => window.testPage.events.some(({ name }) => name === "ready")))
      .toBe(true);
  }

  async function say(text: string): Promise<void> {
    await page.getByLabel("Message", { exact: true }).fill(text);
    await page.keyboard.press("Enter");
  }

  /** What the page heard, without diagnostics; plain names where there is no detail. */
  function events(): Promise<unknown[]> {
    return page.evaluate(() =>
      window.testPage.events
        .filter(({ name }) => name !== "log")
        .map(({ name, detail }) => (detail === null ? name : { name, detail })),
    );
  }

  /** The accessible name of what has the focus within the element. */
  function focused(): Promise<string | null> {
    return page.evaluate(() => {
      const active = document.activeElement?.shadowRoot?.activeElement;
      return active?.getAttribute("aria-label") ?? active?.textContent ?? null;
    });
  }

  function distanceToEnd(): Promise<number> {
    return page.locator(".transcript").evaluate((it) => it.scrollHeight - it.scrollTop - it.clientHeight);
  }

  async function accessible(where: string): Promise<void> {
    // Through the debugger, which the page's policy does not apply to.
    await page.evaluate(axe.source);
    const { violations } = (await page.evaluate("axe.run(document)")) as AxeRun;
    const found = violations.flatMap(({ id, nodes }) =>
      nodes.map((node) => `${where}: ${id} ${JSON.stringify(node.target)} ${node.failureSummary ?? ""}`),
    );
    expect(found).toEqual([]);
  }

  function seed(title: string, messages: number): string {
    const id = `thr_${title}`;
    const created_at = new Date(Date.now() - 1000).toISOString();
    server.threads.set(id, {
      thread: {
        id,
        created_at,
        title,
        status: { type: "active" },
        metadata: {},
        items: { data: [], has_more: false },
      },
      items: Array.from({ length: messages }, (_, n) =>
        userMessage({
          id: `${id}_${n}`,
          threadId: id,
          text: `${title} ${n}`,
          at: new Date(Date.UTC(2026, 0, 1) + n).toISOString(),
        }),
      ),
    });
    return id;
  }

  function seedInto(threadId: string, text: string): void {
    server.threads
      .get(threadId)
      ?.items.push(userMessage({ id: "elsewhere", threadId, text, at: new Date().toISOString() }));
  }
});

const hostile = [
  "<script>alert(1)</script><img src=x onerror=alert(1)>",
  "",
  "[bad](javascript:alert(1)) [good](https://example.com/a) [open it](chatkit-link://order?id=7)",
  "",
  "![picture](https://tracker.example/p.png)",
].join("\n");

const rich = [
  "### A heading",
  "",
  "Text with [a link](https://example.com/), `code` and a verylongwordwithoutanyspacesinitthatwouldnotfitonanarrowscreenatall.",
  "",
  "| River | Length | Countries |",
  "|---|---:|---|",
  "| Danube | 2,850 km | Germany, Austria, Slovakia, Hungary, Croatia, Serbia |",
  "",
  "```ts",
  'const text = "a line of code that is wider than the view and has to scroll on its own, not with the page";',
  "```",
  "",
  "- [x] done",
  "",
  "> quoted",
].join("\n");

function delta(itemId: string, text: string) {
  return {
    type: "thread.item.updated" as const,
    item_id: itemId,
    update: { type: "assistant_message.content_part.text_delta" as const, content_index: 0, delta: text },
  };
}
