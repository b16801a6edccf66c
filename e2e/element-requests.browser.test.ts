// What each action of a person makes the element ask a real sidecar for: one row per action, as the protocol has them.

import { createServer, type Server } from "node:http";
import { once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { hasChromium, launchBrowser } from "./browser.ts";
import { converse, message, mint, threadIdOf } from "./chat.ts";
import { openElementPage, servePages, type ElementPage, type PageHost } from "./element-page.ts";
import { makeDataDir, startSidecar, type Sidecar } from "./sidecar.ts";

const profiles = {
  default: { responder: "demo", features: { fileUpload: { enabled: true, maxFileSizeMb: 1, maxFiles: 2 } } },
  desk: { responder: "support-desk", requestsPerMinute: 1000 },
  form: { responder: "form-filling" },
  model: { responder: "openai-responses" },
};

describe.skipIf(!hasChromium)("requests by action", { timeout: 60_000 }, () => {
  let browser: Browser;
  let host: PageHost;
  let provider: Server;
  let sidecar: Sidecar;
  let dataDir: string;
  beforeAll(async () => {
    browser = await launchBrowser({ hasMicrophone: true });
    host = await servePages();
    provider = await startProvider();
    dataDir = makeDataDir();
    const config = join(dataDir, "profiles.json");
    writeFileSync(config, JSON.stringify({ profiles }));
    sidecar = await startSidecar({
      dataDir,
      env: {
        SIDEKIT_CONFIG: config,
        SIDEKIT_ALLOWED_ORIGINS: host.origin,
        OPENAI_API_KEY: "sk-proj-0123456789abcdefghijklmnopqrstuvwxyzABCD",
        OPENAI_BASE_URL: `http://127.0.0.1:${(provider.address() as AddressInfo).port}/v1`,
      },
    });
    host.sidecarUrl = sidecar.url;
  }, 60_000);
  afterAll(async () => {
    await sidecar?.[Symbol.asyncDispose]();
    provider?.close();
    await host?.[Symbol.asyncDispose]();
    await browser?.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  const open = (profile: string, options?: string) =>
    openElementPage(browser, host, sidecar, { profile, ...(options !== undefined && { options }) });

  test("page load without a thread; first message; further message; new chat", async () => {
    await using chat = await open("desk");
    await chat.page.getByRole("textbox", { name: "Message" }).waitFor();
    expect(chat.taken()).toEqual([]);
    await say(chat, "My screen is dark");
    await expectTaken(chat, ["threads.create"]);
    await say(chat, "It is still dark");
    await expectTaken(chat, ["threads.add_user_message"]);
    await button(chat, "New chat").click();
    await chat.page.getByText("My screen is dark").first().waitFor({ state: "detached" });
    expect(chat.taken()).toEqual([]);
    await say(chat, "Another one");
    await expectTaken(chat, ["threads.create"]);
  });

  test("page load with a thread; its older pages", async () => {
    const { threadId } = await longThread();
    await using chat = await open("desk", `{ initialThread: "${threadId}" }`);
    await chat.page.getByText("Note 99", { exact: true }).first().waitFor();
    await expect.poll(() => chat.accepted[0]).toBe("threads.get_by_id");
    // Upwards until the first message is there, however many pages that takes.
    await expect
      .poll(
        async () => {
          await chat.page.locator("sidekit-chat .transcript").evaluate((it) => it.scrollTo({ top: 0 }));
          return chat.page.getByText("Note 0", { exact: true }).count();
        },
        { timeout: 20_000, interval: 200 },
      )
      .toBeGreaterThan(0);
    const [first, ...others] = chat.taken();
    expect(first).toBe("threads.get_by_id");
    expect(others.length).toBeGreaterThan(0);
    expect(new Set(others)).toEqual(new Set(["items.list"]));
  });

  test("history: opened, a thread chosen, renamed, deleted", async () => {
    await using chat = await open("desk");
    await say(chat, "A thread to rename");
    chat.taken();
    await button(chat, "Show conversations").click();
    await expectTaken(chat, ["threads.list"]);
    const drawer = chat.page.getByRole("dialog");
    await drawer
      .getByRole("button", { name: /^Rename .*A thread to rename/ })
      .first()
      .click();
    await chat.page.getByRole("textbox", { name: "New title" }).fill("Renamed by hand");
    await chat.page.keyboard.press("Enter");
    await expectTaken(chat, ["threads.update"]);
    await button(chat, "Close conversations").click();
    await button(chat, "New chat").click();
    await button(chat, "Show conversations").click();
    await expectTaken(chat, ["threads.list"]);
    await drawer.getByRole("button", { name: "Renamed by hand", exact: true }).click();
    await expect.poll(() => chat.accepted[0]).toBe("threads.get_by_id");
    await chat.page.getByText("A thread to rename").first().waitFor();
    chat.taken();
    await button(chat, "Show conversations").click();
    await expectTaken(chat, ["threads.list"]);
    await button(chat, "Delete “Renamed by hand”").click();
    await button(chat, "Delete").click();
    await expectTaken(chat, ["threads.delete"]);
  });

  test("reply to an excerpt", async () => {
    await using chat = await open("desk");
    await say(chat, "Please help");
    chat.taken();
    await chat.page
      .locator("sidekit-chat .answer p")
      .first()
      .evaluate((it) => getSelection()?.selectAllChildren(it));
    await button(chat, "Reply").click();
    const sent = chat.page.waitForRequest((request) => (request.postData() ?? "").includes("quoted_text"));
    await say(chat, "What does that mean?");
    expect(JSON.parse((await sent).postData() ?? "{}")).toMatchObject({
      type: "threads.add_user_message",
      params: { input: { quoted_text: expect.stringContaining("support desk example") } },
    });
    await expectTaken(chat, ["threads.add_user_message"]);
  });

  test("stop: the request is abandoned, and nothing else is asked", async () => {
    await using chat = await open("default");
    const field = chat.page.getByRole("textbox", { name: "Message" });
    await field.fill("long");
    await field.press("Enter");
    await chat.page.getByText("A long answer").first().waitFor();
    const failed = chat.page.waitForEvent("requestfailed");
    await button(chat, "Stop answering").click();
    expect((await failed).url()).toBe(`${sidecar.url}/chatkit`);
    await button(chat, "Stop answering").waitFor({ state: "detached" });
    await chat.page.waitForTimeout(300);
    expect(chat.taken()).toEqual(["threads.create"]);
  });

  test("answer again; the retry of an error; feedback", async () => {
    await using chat = await open("default", "{ threadItemActions: { feedback: true, retry: true } }");
    await say(chat, "Hello");
    chat.taken();
    await button(chat, "Good answer").click();
    await expectTaken(chat, ["items.feedback"]);
    await button(chat, "Answer again").click();
    await expectTaken(chat, ["threads.retry_after_item"]);
    await idle(chat);
    await say(chat, "error");
    chat.taken();
    await button(chat, "Try again").click();
    await expectTaken(chat, ["threads.retry_after_item"]);
  });

  test("a file: picked, removed", async () => {
    await using chat = await open("default", "{ composer: { attachments: { enabled: true } } }");
    const put = chat.page.waitForResponse((response) => response.request().method() === "PUT");
    await chat.page
      .locator("sidekit-chat input[type=file]")
      .setInputFiles({ name: "note.txt", mimeType: "text/plain", buffer: Buffer.from("A note.") });
    expect((await put).status()).toBe(200);
    await expectTaken(chat, ["attachments.create"]);
    await button(chat, "Remove note.txt").click();
    await expectTaken(chat, ["attachments.delete"]);
  });

  test("the microphone", async () => {
    await using chat = await open("model", "{ composer: { dictation: { enabled: true } } }");
    await button(chat, "Dictate").click();
    await button(chat, "Finish dictation").waitFor();
    await chat.page.waitForTimeout(800);
    await button(chat, "Finish dictation").click();
    const field = chat.page.getByRole("textbox", { name: "Message" });
    await expect.poll(() => field.inputValue()).toContain("What was said");
    expect(chat.taken()).toEqual(["input.transcribe"]);
  });

  test("actions of a widget: for the server, in step with it, and for the page", async () => {
    await using chat = await open(
      "desk",
      "{ widgets: { onAction: async (action) => { window.acted = action.type; } } }",
    );
    await say(chat, "It is broken");
    chat.taken();
    await button(chat, "Urgent").click();
    await expectTaken(chat, ["threads.sync_custom_action"]);
    await button(chat, "Solved").click();
    await expectTaken(chat, ["threads.custom_action"]);
    await idle(chat);
    // No example of ours has an action for the page: the sidecar's answer is given one on its way.
    await chat.page.evaluate(
      `window.changeAnswer = (text) => text.replaceAll('"type":"ticket.solve"', '"handler":"client","type":"ticket.solve"')`,
    );
    await button(chat, "New chat").click();
    await say(chat, "Broken again");
    chat.taken();
    await button(chat, "Solved").click();
    await expect.poll(() => chat.page.evaluate<unknown>("window.acted")).toBe("ticket.solve");
    expect(chat.taken()).toEqual([]);
  });

  test("questions: answered, with the page's own answer after them; skipped", async () => {
    await using chat = await open(
      "form",
      "{ onClientTool: async ({ params }) => ({ filled: Object.keys(params) }) }",
    );
    await say(chat, "A trip");
    chat.taken();
    const form = chat.page.getByRole("form", { name: "Questions" });
    await form.getByRole("radio", { name: "Oslo" }).check();
    await form.getByRole("textbox", { name: "For how many nights?" }).fill("3");
    await form.getByRole("button", { name: "Send answers" }).click();
    await expectTaken(chat, ["threads.add_structured_input", "threads.add_client_tool_output"]);
    await idle(chat);
    await say(chat, "Another trip");
    chat.taken();
    await form.getByRole("button", { name: "Skip", exact: true }).click();
    await expectTaken(chat, ["threads.add_structured_input"]);
  });

  test("a mention asks the page, and the server nothing", async () => {
    await using chat = await open(
      "desk",
      `{ entities: { onTagSearch: async (query) => [{ id: "ada", title: "Ada " + query, data: {} }] } }`,
    );
    const field = chat.page.getByRole("textbox", { name: "Message" });
    await field.pressSequentially("Ask @lo");
    await chat.page.getByRole("option", { name: "Ada lo" }).waitFor();
    expect(chat.taken()).toEqual([]);
    await chat.page.keyboard.press("Enter");
    await expect.poll(() => field.inputValue()).toContain("@Ada lo");
    const sent = chat.page.waitForRequest((request) => (request.postData() ?? "").includes("input_tag"));
    await chat.page.keyboard.press("Enter");
    expect(JSON.parse((await sent).postData() ?? "{}").type).toBe("threads.create");
    await expectTaken(chat, ["threads.create"]);
  });

  /** Of two hundred messages and their answers. */
  async function longThread(): Promise<{ readonly threadId: string }> {
    const secret = await mint(sidecar, { profile: "desk" });
    const threadId = threadIdOf(await converse(sidecar, secret, message("Note 0")));
    for (let count = 1; count < 100; count += 1)
      await converse(sidecar, secret, message(`Note ${count}`, threadId));
    return { threadId };
  }
});

function button(chat: ElementPage, name: string) {
  return chat.page.getByRole("button", { name, exact: true }).last();
}

/** Sends a message and waits for the whole answer. */
async function say(chat: ElementPage, text: string): Promise<void> {
  const before = chat.accepted.length;
  const field = chat.page.getByRole("textbox", { name: "Message" });
  await field.fill(text);
  await field.press("Enter");
  await expect.poll(() => chat.accepted.length, { timeout: 10_000 }).toBeGreaterThan(before);
  await idle(chat);
}

async function idle(chat: ElementPage): Promise<void> {
  await chat.page.getByRole("button", { name: "Stop answering" }).waitFor({ state: "detached" });
}

/** These and no others, also a moment later. */
async function expectTaken(chat: ElementPage, types: readonly string[]): Promise<void> {
  await expect.poll(() => [...chat.accepted], { timeout: 10_000 }).toEqual(types);
  await chat.page.waitForTimeout(150);
  expect(chat.taken()).toEqual(types);
}

/** Writes down speech, and has every model. */
async function startProvider(): Promise<Server> {
  const server = createServer((request, response) => {
    request.resume().on("end", () => {
      const isSpeech = request.url?.endsWith("/audio/transcriptions") === true;
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify(isSpeech ? { text: "What was said" } : { object: "list", data: [] }));
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}
