// What the user and the page do besides writing: questions, client tools, actions, judgements.

import type { ThreadItem } from "@sidekit/chatkit/protocol";
import axe from "axe-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { isWithoutChromium, openChromium } from "./chromium.ts";
import { bundle } from "./page-bundle.ts";
import {
  type Answering,
  assistantMessage,
  openScriptedServer,
  type Script,
  type ScriptedServer,
} from "./scripted-server.ts";

type AxeRun = { violations: { id: string; nodes: { target: unknown }[] }[] };

const pictures = process.env["TEST_PICTURES"];

describe.skipIf(isWithoutChromium)("interaction in Chromium", { timeout: 30_000 }, () => {
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
    page = await browser.newPage({ viewport: { width: 900, height: 760 } });
    page.setDefaultTimeout(8_000);
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error" && !/status of [45]/.test(message.text()))
        complaints.push(message.text());
    });
  });
  afterEach(async () => {
    await page.close();
    await server[Symbol.asyncDispose]();
    expect(complaints).toEqual([]);
  });

  describe("questions", () => {
    test("take the composer's place, are answered by keyboard, and stay as a summary", async () => {
      server.script = asking;
      await open();
      await say("A trip");
      const form = page.getByRole("form", { name: "Questions" });
      await form.waitFor();
      expect(await page.getByRole("textbox", { name: "Message" }).isVisible()).toBe(false);
      await expect.poll(focused).toBe("Lisbon");
      await picture("questions");
      await accessible("questions");

      await page.keyboard.press("ArrowDown");
      await form.getByRole("textbox", { name: "How long?" }).fill("Two nights");
      await form.getByRole("checkbox", { name: "Breakfast" }).check();
      await form.getByRole("textbox", { name: "Extras? Your own answer" }).fill("A boat");
      server.script = echo;
      await form.getByRole("button", { name: "Send answers" }).click();
      await page.locator(".answer", { hasText: "Thank you" }).waitFor();
      expect(requestsOf("threads.add_structured_input")).toEqual([
        {
          thread_id: "id_1",
          item_id: "form",
          input: {
            status: "answered",
            answers: {
              where: { values: ["Oslo"], skipped: false },
              long: { values: ["Two nights"], skipped: false },
              extras: { values: ["Breakfast", "A boat"], skipped: false },
            },
          },
        },
      ]);
      expect(await page.locator(".answered dd").allTextContents()).toEqual([
        "Oslo",
        "Two nights",
        "Breakfast, A boat",
      ]);
      await expect.poll(focused).toBe("Message");
      await picture("answered");
      await accessible("answered");
    });

    test("an own answer takes the place of an option; what is left out is skipped", async () => {
      server.script = asking;
      await open();
      await say("A trip");
      const form = page.getByRole("form", { name: "Questions" });
      const send = form.getByRole("button", { name: "Send answers" });
      await send.waitFor();
      expect(await send.getAttribute("aria-disabled")).toBe("true");
      await send.click({ force: true });
      await form.getByRole("radio", { name: "Lisbon" }).check();
      await form.getByRole("textbox", { name: "Where? Your own answer" }).fill("Riga");
      server.script = echo;
      await page.keyboard.press("Enter");
      await page.locator(".answered").waitFor();
      expect(requestsOf("threads.add_structured_input")).toMatchObject([
        { input: { status: "answered", answers: { where: { values: ["Riga"] } } } },
      ]);
      expect(await page.locator(".answered dd").allTextContents()).toEqual(["Riga", "Skipped", "Skipped"]);
    });

    test("can be skipped, also after a reload", async () => {
      server.script = asking;
      await open();
      await say("A trip");
      await page.getByRole("form", { name: "Questions" }).waitFor();
      await open({ initialThread: "id_1" });
      server.script = echo;
      await page.getByRole("button", { name: "Skip" }).click();
      await page.locator(".answer", { hasText: "Thank you" }).waitFor();
      expect(requestsOf("threads.add_structured_input")).toMatchObject([
        { input: { status: "skipped", answers: {} } },
      ]);
    });

    test("that somebody else has answered are read again; a broken connection keeps what was written", async () => {
      server.script = asking;
      await open();
      await say("A trip");
      const form = page.getByRole("form", { name: "Questions" });
      await form.getByRole("textbox", { name: "How long?" }).fill("A week");
      server.refuse = ({ type }) =>
        type === "threads.add_structured_input" ? { status: 503, body: {} } : null;
      await form.getByRole("button", { name: "Send answers" }).click();
      await page.getByRole("alert").waitFor();
      expect(await form.getByRole("textbox", { name: "How long?" }).inputValue()).toBe("A week");
      server.refuse = () => null;
      for (const item of server.threads.get("id_1")?.items ?? []) {
        if (item.type === "structured_input") item.status = "skipped";
      }
      await page.getByRole("button", { name: "Try again" }).click();
      await page.getByRole("alert").filter({ hasText: "answered elsewhere" }).waitFor();
      expect(await form.count()).toBe(0);
      await page.getByRole("textbox", { name: "Message" }).waitFor();
    });
  });

  describe("client tools", () => {
    test("the page's result goes on with the answer; the composer is busy across both streams", async () => {
      server.script = calling;
      await openWithTool("wait");
      await say("Fill it");
      await expect
        .poll(() => page.evaluate(() => Reflect.get(window, "called")))
        .toEqual({
          name: "fill_form",
          params: { city: "Oslo" },
        });
      await page.getByRole("button", { name: "Stop answering" }).waitFor();
      server.script = echo;
      await page.evaluate(() => Reflect.get(window, "finish")({ filled: ["city"] }));
      await page.locator(".answer", { hasText: "Thank you" }).waitFor();
      expect(requestsOf("threads.add_client_tool_output")).toEqual([
        { thread_id: "id_1", result: { filled: ["city"] } },
      ]);
      expect(await heard("response.start")).toBe(1);
      await expect.poll(() => heard("response.end")).toBe(1);
    });

    test("a handler that throws, and none at all, tell the server so", async () => {
      server.script = (answering) => (answering.text === "" ? echo(answering) : calling(answering));
      await openWithTool("throw");
      await say("Fill it");
      await page.locator(".answer", { hasText: "Thank you" }).waitFor();
      await open();
      await say("Fill it");
      await page.locator(".answer", { hasText: "Thank you" }).waitFor();
      expect(requestsOf("threads.add_client_tool_output")).toMatchObject([
        { result: { error: "No such field." } },
        { result: { error: "The page has no handler for client tools." } },
      ]);
    });

    test("a pending call found after a reload is not carried out, and does not block", async () => {
      server.script = calling;
      await openWithTool("wait");
      await say("Fill it");
      await expect.poll(() => page.evaluate(() => Reflect.has(window, "called"))).toBe(true);
      await openWithTool("wait", { initialThread: "id_1" });
      await page.locator(".bubble", { hasText: "Fill it" }).waitFor();
      server.script = echo;
      await say("Anything");
      await page.locator(".answer", { hasText: "Thank you" }).waitFor();
      expect(await page.evaluate(() => Reflect.has(window, "called"))).toBe(false);
      expect(requestsOf("threads.add_client_tool_output")).toEqual([]);
    });
  });

  describe("actions", () => {
    test("a widget's action is a turn; one beside the turn replaces the widget; one for the page goes there", async () => {
      server.script = showing;
      await open();
      await page.evaluate(() =>
        window.testPage.setOptions({
          widgets: {
            onAction: async (action, item) => void Object.assign(window, { acted: [action, item.id] }),
          },
        }),
      );
      await say("Show it");
      const gate = Promise.withResolvers<void>();
      server.script = async (answering) => {
        await gate.promise;
        await echo(answering);
      };
      await page.getByRole("button", { name: "Order" }).click();
      await expect
        .poll(() => requestsOf("threads.custom_action"))
        .toEqual([{ thread_id: "id_1", item_id: "card", action: { type: "order", payload: { n: 1 } } }]);
      server.syncAnswer = { updated_item: widget(server.threads.get("id_1")!.thread.id, "Counted") };
      await page.getByRole("button", { name: "Count" }).click();
      await page.getByText("Counted").waitFor();
      expect(requestsOf("threads.sync_custom_action")).toEqual([
        { thread_id: "id_1", item_id: "card", action: { type: "count", payload: null } },
      ]);
      gate.resolve();
      await page.locator(".answer", { hasText: "Thank you" }).waitFor();
      await page.getByRole("button", { name: "Local" }).click();
      await expect
        .poll(() => page.evaluate(() => Reflect.get(window, "acted")))
        .toMatchObject([{ type: "local", handler: "client" }, "card"]);
    });

    test("sendCustomAction needs a conversation, and waits for no one", async () => {
      await open();
      const act = () =>
        page.evaluate(() =>
          window.testPage.chat?.sendCustomAction({ type: "refresh", payload: { a: 1 } }).then(
            () => "sent",
            (error) => error.code,
          ),
        );
      expect(await act()).toBe("no_thread");
      await say("Hello");
      await page.locator(".answer").waitFor();
      await expect.poll(() => heard("response.end")).toBe(1);
      expect(await act()).toBe("sent");
      expect(requestsOf("threads.custom_action")).toEqual([
        { thread_id: "id_1", action: { type: "refresh", payload: { a: 1 } } },
      ]);
    });
  });

  test("feedback is sent for the whole answer, shown, and taken back when it is refused", async () => {
    await open({ threadItemActions: { feedback: true, retry: true } });
    await say("Hello");
    const good = page.getByRole("button", { name: "Good answer" });
    await good.click();
    await expect.poll(() => good.getAttribute("aria-pressed")).toBe("true");
    await expect.poll(() => requestsOf("items.feedback")).toMatchObject([{ kind: "positive" }]);
    await picture("feedback");
    await accessible("feedback");
    server.refuse = ({ type }) => (type === "items.feedback" ? { status: 500, body: {} } : null);
    await page.getByRole("button", { name: "Bad answer" }).click();
    await expect.poll(() => heard("error")).toBe(1);
    await expect.poll(() => good.getAttribute("aria-pressed")).toBe("true");
  });

  test("files are uploaded, sent with the message, removed, refused by the limits, and tried again", async () => {
    await open();
    await page.evaluate(() =>
      window.testPage.setOptions({
        api: {
          url: "/chatkit",
          domainKey: "local",
          uploadStrategy: { type: "two_phase" },
          fetch: (input, init) => {
            const headers = new Headers(init?.headers);
            headers.set("authorization", "Bearer test-token");
            return fetch(input, { ...init, headers });
          },
        },
        composer: {
          attachments: { enabled: true, maxSize: 100, maxCount: 3, accept: { "text/*": [".txt"] } },
        },
      }),
    );
    const picker = page.locator("input[type=file]");
    const text = (name: string, size = 5) => ({
      name,
      mimeType: "text/plain",
      buffer: Buffer.alloc(size, "a"),
    });
    server.refuse = ({ type }) => (type === "attachments.create" ? { status: 503, body: {} } : null);
    await picker.setInputFiles(text("notes.txt"));
    const again = page.getByRole("button", { name: "Try again: notes.txt" });
    await again.waitFor();
    server.refuse = () => null;
    await again.click();
    await page.locator(".composer-file.ready", { hasText: "notes.txt" }).waitFor();
    await picker.setInputFiles([text("large.txt", 101), { ...text("a.bin"), mimeType: "application/zip" }]);
    await page.getByText("This file is too large.").waitFor();
    await page.getByText("Files of this type are not taken.").waitFor();
    await picture("files");
    await accessible("files");
    await picker.setInputFiles(text("fourth.txt"));
    await page.getByText("Too many files for one message.").waitFor();
    for (const name of ["large.txt", "a.bin", "fourth.txt"])
      await page.getByRole("button", { name: `Remove ${name}` }).click();
    await picker.setInputFiles(text("gone.txt"));
    await page.locator(".composer-file.ready", { hasText: "gone.txt" }).waitFor();
    await page.getByRole("button", { name: "Remove gone.txt" }).click();
    await expect.poll(() => requestsOf("attachments.delete").length).toBe(1);
    await expect.poll(() => page.locator(".composer-file").count()).toBe(1);
    await say("Read this");
    await page.locator(".user .attachments", { hasText: "notes.txt" }).waitFor();
    await page.locator(".answer").waitFor();
    expect([...server.uploads.values()].map(String)).toEqual(["aaaaa", "aaaaa"]);
    const sent = requestsOf("threads.create") as { input: { attachments: string[] } }[];
    expect(sent[0]?.input.attachments).toHaveLength(1);
    expect([...server.uploads.keys()][0]).toBe(`/upload/${sent[0]?.input.attachments[0]}`);
    expect(await page.locator(".composer-file").count()).toBe(0);
  });

  async function open(options: Record<string, unknown> = {}): Promise<void> {
    await page.goto(`${server.origin}/?options=${encodeURIComponent(JSON.stringify(options))}`);
    await page.waitForFunction(() => window.testPage.events.some(({ name }) => name === "ready"));
  }

  async function openWithTool(what: "wait" | "throw", options: Record<string, unknown> = {}): Promise<void> {
    await open();
    await page.evaluate(
      ([how, more]) =>
        window.testPage.setOptions({
          ...more,
          onClientTool: (call) => {
            if (how === "throw") throw new Error("No such field.");
            const { promise, resolve } = Promise.withResolvers<Record<string, unknown>>();
            Object.assign(window, { called: call, finish: resolve });
            return promise;
          },
        }),
      [what, options] as const,
    );
    if (options["initialThread"] !== undefined)
      await page.evaluate((id) => window.testPage.chat?.setThreadId(id), String(options["initialThread"]));
  }

  async function say(text: string): Promise<void> {
    const composer = page.getByRole("textbox", { name: "Message" });
    await composer.fill(text);
    // The page may have moved the focus since, as it does when a file has been removed.
    await composer.press("Enter");
  }

  function requestsOf(type: string): unknown[] {
    return server.requests.flatMap((request) => (request.type === type ? [request.params] : []));
  }

  function heard(name: string): Promise<number> {
    return page.evaluate((it) => window.testPage.events.filter((event) => event.name === it).length, name);
  }

  function focused(): Promise<string> {
    return page.evaluate(() => {
      const active = document.querySelector("openai-chatkit")?.shadowRoot?.activeElement ?? null;
      const label = active instanceof HTMLInputElement ? active.labels?.[0]?.textContent : null;
      return active?.getAttribute("aria-label") ?? label ?? "";
    });
  }

  async function accessible(where: string): Promise<void> {
    await page.evaluate(axe.source);
    const { violations } = (await page.evaluate("axe.run(document)")) as AxeRun;
    expect(violations.map(({ id, nodes }) => `${where}: ${id} ${JSON.stringify(nodes)}`)).toEqual([]);
  }

  /** For looking at, when asked for. */
  async function picture(name: string): Promise<void> {
    if (pictures === undefined) return;
    for (const scheme of ["light", "dark"] as const) {
      await page.evaluate((it) => {
        document
          .querySelector("openai-chatkit")
          ?.shadowRoot?.querySelector(".frame")
          ?.setAttribute("data-scheme", it);
      }, scheme);
      await page.waitForTimeout(200);
      await page.screenshot({ path: `${pictures}/${name}-${scheme}.png` });
    }
    await page.evaluate(() => {
      document
        .querySelector("openai-chatkit")
        ?.shadowRoot?.querySelector(".frame")
        ?.setAttribute("data-scheme", "light");
    });
  }
});

const echo: Script = ({ done, newId, now, threadId }) =>
  done(assistantMessage({ id: newId(), threadId, text: "Thank you", at: now() }));

const asking: Script = ({ done, now, threadId, newId }) => {
  done(assistantMessage({ id: newId(), threadId, text: "Tell me about it.", at: now() }));
  done({
    type: "structured_input",
    id: "form",
    thread_id: threadId,
    created_at: now(),
    status: "pending",
    inputs: [
      {
        type: "multiple_choice",
        id: "where",
        question: "Where?",
        options: [{ value: "Lisbon" }, { value: "Oslo" }],
        multiple: false,
      },
      { type: "freeform", id: "long", question: "How long?", description: "Nights, or a date." },
      {
        type: "multiple_choice",
        id: "extras",
        question: "Extras?",
        options: [{ value: "Breakfast" }, { value: "A bicycle" }],
        multiple: true,
      },
    ],
  });
};

const calling: Script = ({ done, now, threadId, newId }: Answering) =>
  done({
    type: "client_tool_call",
    id: newId(),
    thread_id: threadId,
    created_at: now(),
    status: "pending",
    call_id: "call",
    name: "fill_form",
    arguments: { city: "Oslo" },
  });

const showing: Script = ({ done, threadId }) => done(widget(threadId, "Fresh"));

function widget(threadId: string, text: string): ThreadItem {
  return {
    type: "widget",
    id: "card",
    thread_id: threadId,
    created_at: new Date().toISOString(),
    widget: {
      type: "Card",
      children: [
        { type: "Text", value: text },
        { type: "Button", label: "Order", onClickAction: { type: "order", payload: { n: 1 } } },
        { type: "Button", label: "Count", onClickAction: { type: "count", streaming: false } },
        { type: "Button", label: "Local", onClickAction: { type: "local", handler: "client" } },
      ],
    },
  };
}
