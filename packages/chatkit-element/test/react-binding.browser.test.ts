// The documented use of @openai/chatkit-react, as it comes from the registry, over our element.

import { beforeEach, describe, expect, test } from "vitest";

import { chatPage } from "./chat-page.ts";
import { isWithoutChromium } from "./chromium.ts";
import { assistantMessage, type Script } from "./scripted-server.ts";
import { eventNames, methodPaths } from "./vendor-types.ts";

const answerWithEverything: Script = ({ emit, done, newId, now, threadId }) => {
  emit({ type: "client_effect", name: "refresh", data: { a: 1 } });
  done(
    assistantMessage({ id: newId(), threadId, text: "See [the page](chatkit-link://open?id=7).", at: now() }),
  );
};

describe.skipIf(isWithoutChromium)("@openai/chatkit-react in Chromium", { timeout: 30_000 }, () => {
  const chat = chatPage({ entry: "react-page.tsx", mode: "development" });
  const heard = (of = "a") =>
    chat.page.evaluate((id) => window.reactPage.heard.filter((it) => it.of === id), of);
  const namesHeard = async (of = "a") =>
    (await heard(of)).map(({ name }) => name).filter((name) => name !== "onLog");
  const show = (ids: readonly string[], word: string) =>
    chat.page.evaluate(([to = [], its = ""]) => window.reactPage.show([...to], String(its)), [
      ids,
      word,
    ] as const);
  const inChat = (id: string, selector: string) => chat.page.locator(`#${id} ${selector}`);
  /** The outcome of one method of the hook. */
  const call = (method: string, ...args: unknown[]) =>
    chat.page.evaluate(
      async ([name, given]) => {
        const hook: Record<string, unknown> = { ...window.reactPage.chats.get("a") };
        const called = hook[String(name)];
        if (typeof called !== "function") return "none";
        try {
          await called(...JSON.parse(String(given)));
          return "done";
        } catch (error) {
          return error instanceof Error ? error.message : String(error);
        }
      },
      [method, JSON.stringify(args)],
    );
  const say = async (id: string, text: string) => {
    const field = inChat(id, "textarea");
    await field.fill(text);
    await field.press("Enter");
  };

  beforeEach(async () => {
    await chat.page.goto(chat.server.origin);
    await chat.page.waitForFunction(() => window.reactPage?.chats.has("a"));
    await chat.page.evaluate(() => window.reactPage.register());
    await inChat("a", ".frame").waitFor();
    await expect.poll(() => namesHeard()).toEqual(["onReady"]);
  });

  test("every handler hears its event", async () => {
    chat.server.script = answerWithEverything;
    await say("a", "Hello");
    await inChat("a", ".answer").getByText("the page").click();
    await expect.poll(() => namesHeard()).toContain("onDeeplink");
    await chat.page.getByRole("button", { name: "Search", exact: true }).click();
    await chat.page.getByRole("button", { name: "Show conversations" }).click();
    await chat.page.getByRole("dialog").waitFor();
    await chat.page.keyboard.press("Escape");
    const { threadId } = await chat.page.evaluate(() => {
      const change = window.reactPage.heard.find(({ name }) => name === "onThreadChange");
      return { threadId: String(Object(change?.detail).threadId) };
    });
    expect(await call("setThreadId", null)).toBe("done");
    expect(await call("setThreadId", threadId)).toBe("done");
    expect(await call("setThreadId", "gone")).not.toBe("done");
    const every = eventNames().map(
      (name) =>
        `on${name.replace(/^chatkit/, "").replaceAll(/\.(\w)/g, (_, letter: string) => letter.toUpperCase())}`,
    );
    await expect
      .poll(async () => [...new Set((await heard()).map(({ name }) => name))].toSorted())
      .toEqual(every.toSorted());
    const details = Object.fromEntries(
      (await heard()).toReversed().map(({ name, detail }) => [name, detail]),
    );
    expect(details).toMatchObject({
      onReady: null,
      onResponseStart: null,
      onResponseEnd: null,
      onHistoryOpen: null,
      onHistoryClose: null,
      onEffect: { name: "refresh", data: { a: 1 } },
      onDeeplink: { name: "open", data: { id: "7" } },
      onToolChange: { toolId: "search" },
      onThreadChange: { threadId },
      onThreadLoadStart: { threadId },
      onThreadLoadEnd: { threadId },
      onLog: { name: "app.init" },
    });
  });

  test("events of a turn come in order", async () => {
    chat.server.script = answerWithEverything;
    await say("a", "Hello");
    await expect.poll(() => namesHeard()).toContain("onResponseEnd");
    expect(await namesHeard()).toEqual([
      "onReady",
      "onResponseStart",
      "onThreadChange",
      "onEffect",
      "onResponseEnd",
    ]);
    await call("setThreadId", null);
    await call("setThreadId", [...chat.server.threads.keys()][0]);
    expect((await namesHeard()).slice(5)).toEqual([
      "onThreadChange",
      "onThreadLoadStart",
      "onThreadChange",
      "onThreadLoadEnd",
    ]);
  });

  test("every method of the hook works, and says no where it cannot", async () => {
    const tried = new Set<string>();
    const attempt = (method: string, ...args: unknown[]) => {
      tried.add(method);
      return call(method, ...args);
    };
    const gate = Promise.withResolvers<void>();
    expect(await attempt("sendCustomAction", { type: "x" })).toBe("There is no conversation to act in.");
    expect(await attempt("setComposerValue", { text: "Draft", selectedToolId: "search" })).toBe("done");
    expect(await inChat("a", "textarea").inputValue()).toBe("Draft");
    expect(await attempt("focusComposer")).toBe("done");
    expect(await chat.page.evaluate(() => document.activeElement?.id)).toBe("a");
    expect(await attempt("sendUserMessage", { text: "One" })).toBe("done");
    await inChat("a", ".answer").getByText("You said: One").waitFor();
    // What the user has begun to write is not touched by it.
    expect(await inChat("a", "textarea").inputValue()).toBe("Draft");
    expect(await attempt("sendUserMessage", { text: " " })).toBe("A message needs text.");
    expect(await attempt("sendCustomAction", { type: "poke", payload: { n: 1 } })).toBe("done");
    await expect
      .poll(() => chat.requestsOf("threads.custom_action"))
      .toMatchObject([{ action: { type: "poke", payload: { n: 1 } } }]);
    await chat.page.waitForTimeout(100);
    expect(await attempt("fetchUpdates")).toBe("done");
    expect(chat.requestsOf("threads.get_by_id").length).toBeGreaterThan(0);
    expect(await attempt("showHistory")).toBe("done");
    await chat.page.getByRole("dialog").waitFor();
    expect(await attempt("hideHistory")).toBe("done");
    await expect.poll(() => chat.page.getByRole("dialog").count()).toBe(0);

    chat.server.script = () => gate.promise;
    await call("sendUserMessage", { text: "Two" });
    for (const [method, ...args] of [
      ["setThreadId", null],
      ["sendUserMessage", { text: "Three" }],
      ["sendUserMessage", { text: "Three", newThread: true }],
      ["sendCustomAction", { type: "x" }],
      ["fetchUpdates"],
    ] as const) {
      expect(await call(method, ...args), method).toBe("A response is running.");
    }
    gate.resolve();
    await expect.poll(async () => (await namesHeard()).at(-1)).toBe("onResponseEnd");
    expect(await attempt("setThreadId", null)).toBe("done");
    await chat.page.getByText("What can I help with today?").waitFor();
    const every = methodPaths().filter(
      (name) => !name.includes(".") && !/setOptions|EventListener/.test(name),
    );
    expect([...tried].toSorted()).toEqual(every.toSorted());
  });

  test("a new drawing brings new callbacks and options, and keeps the conversation, the draft and the focus", async () => {
    await say("a", "Hello");
    await inChat("a", ".answer").waitFor();
    await inChat("a", "textarea").fill("Half a sen");
    await show(["a"], "second");
    await chat.page.getByRole("button", { name: "Favorite" }).click();
    expect(await chat.page.evaluate(() => window.reactPage.clicks)).toEqual(["a second"]);
    await inChat("a", "textarea").focus();
    await chat.page.evaluate(() => window.reactPage.show(["a"], "third", { theme: "dark", locale: "es" }));
    await inChat("a", '.frame[data-scheme="dark"]').waitFor();
    await chat.page.getByRole("button", { name: "Nueva conversación" }).waitFor();
    expect(await inChat("a", "textarea").inputValue()).toBe("Half a sen");
    expect(await inChat("a", "textarea").evaluate((it) => it.matches(":focus"))).toBe(true);
    expect(await inChat("a", ".bubble").allTextContents()).toEqual(["Hello"]);
    expect(await namesHeard()).not.toContain("onError");
  });

  test("a chat that goes and comes is new; strict effects repeat nothing", async () => {
    await say("a", "Hello");
    await inChat("a", ".answer").waitFor();
    await show([], "none");
    await expect.poll(() => chat.page.locator("openai-chatkit").count()).toBe(0);
    await show(["a"], "again");
    await chat.page.getByText("What can I help with today?").waitFor();
    await expect.poll(async () => (await namesHeard()).filter((name) => name === "onReady").length).toBe(2);
    await say("a", "Back");
    await inChat("a", ".answer").getByText("You said: Back").waitFor();
    expect(chat.requestsOf("threads.create").length).toBe(2);
    expect(await chat.page.locator("openai-chatkit .frame").count()).toBe(1);
  });

  test("two on a page are told apart; the refs are their elements", async () => {
    await show(["a", "b"], "both");
    await inChat("b", ".frame").waitFor();
    await say("a", "From a");
    await say("b", "From b");
    await inChat("a", ".answer").getByText("You said: From a").waitFor();
    await inChat("b", ".answer").getByText("You said: From b").waitFor();
    expect(await namesHeard("b")).toEqual(["onReady", "onResponseStart", "onThreadChange", "onResponseEnd"]);
    const refs = await chat.page.evaluate(() =>
      ["a", "b"].map((id) => {
        const element = window.reactPage.elements.get(id)?.current;
        return element === document.querySelector(`#${id}`) && typeof element?.setThreadId === "function";
      }),
    );
    expect(refs).toEqual([true, true]);
  });

  test("a client tool runs the handler of the newest drawing", async () => {
    await show(["a"], "newest");
    chat.server.script = ({ done, newId, now, threadId }) => {
      const isAnswered = chat.requestsOf("threads.add_client_tool_output").length > 0;
      if (isAnswered) done(assistantMessage({ id: newId(), threadId, text: "Thanks", at: now() }));
      else
        done({
          type: "client_tool_call",
          id: newId(),
          thread_id: threadId,
          created_at: now(),
          status: "pending",
          call_id: "c1",
          name: "where",
          arguments: { x: 1 },
        });
    };
    await say("a", "Where?");
    await inChat("a", ".answer").getByText("Thanks").waitFor();
    expect(chat.requestsOf("threads.add_client_tool_output")).toMatchObject([
      { result: { name: "where", params: { x: 1 }, word: "newest" } },
    ]);
  });
});
