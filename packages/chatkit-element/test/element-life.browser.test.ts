// The element as a thing of the page: made before or after its definition, moved, taken away, adopted, several at once.

import { beforeEach, describe, expect, test } from "vitest";

import { chatPage } from "./chat-page.ts";
import { isWithoutChromium } from "./chromium.ts";
import { assistantMessage, type Script } from "./scripted-server.ts";

describe.skipIf(isWithoutChromium)("the element's life in Chromium", { timeout: 30_000 }, () => {
  const chat = chatPage({ entry: "plain-page.ts" });
  const heard = (of = "a") =>
    chat.page.evaluate(
      (id) =>
        window.plainPage.heard
          .filter((event) => event.of === id)
          .map(({ name }) => name.slice("chatkit.".length)),
      of,
    );
  const inElement = (id: string, selector: string) => chat.page.locator(`#${id} ${selector}`);

  beforeEach(async () => {
    await chat.page.goto(chat.server.origin);
    await chat.page.waitForFunction(() => "plainPage" in window);
  });

  /** Puts one element on the page, registered and with options. */
  const place = (id = "a") =>
    chat.page.evaluate((it) => {
      window.plainPage.register();
      const element = document.createElement("sidekit-chat");
      element.id = it;
      element.style.height = "300px";
      document.querySelector("#root")?.append(element);
      window.plainPage.follow(it).setOptions(window.plainPage.options());
    }, id);
  const send = (id: string, text: string) =>
    chat.page.evaluate(
      async ([of = "", words = ""]) =>
        document
          .querySelector<HTMLElementTagNameMap["sidekit-chat"]>(`sidekit-chat#${of}`)
          ?.sendUserMessage({ text: words }),
      [id, text],
    );

  test("markup that is there before the definition is upgraded, and works from then on", async () => {
    const before = await chat.page.evaluate(() => {
      const host = document.createElement("div");
      host.innerHTML = '<sidekit-chat id="a" class="mine"></sidekit-chat>';
      document.body.append(host);
      return "setOptions" in (host.firstElementChild ?? {});
    });
    expect(before).toBe(false);
    await chat.page.evaluate(async () => {
      window.plainPage.register();
      await customElements.whenDefined("sidekit-chat");
      window.plainPage.follow("a").setOptions(window.plainPage.options());
    });
    await inElement("a", ".frame").waitFor();
    expect(await heard()).toEqual(["ready"]);
    expect(await chat.page.locator("sidekit-chat").getAttribute("class")).toBe("mine");
  });

  test("methods before setOptions reject; right after it they wait for the chat, and ready comes first", async () => {
    await chat.page.evaluate(() => {
      window.plainPage.register();
      const element = document.createElement("sidekit-chat");
      element.id = "a";
      document.body.append(element);
    });
    const refused = await chat.page.evaluate(() =>
      window.plainPage
        .follow("a")
        .focusComposer()
        .catch((error: Error) => error.message),
    );
    expect(refused).toBe("Call setOptions first.");
    const outcome = await chat.page.evaluate(async () => {
      const element = document.querySelector("sidekit-chat");
      if (element === null) return null;
      element.setOptions(window.plainPage.options());
      const sent = element.sendUserMessage({ text: "At once" });
      await element.focusComposer();
      const name = element.shadowRoot?.activeElement?.getAttribute("aria-label");
      await sent;
      return name;
    });
    expect(outcome).toBe("Message");
    await expect.poll(() => heard()).toEqual(["ready", "response.start", "thread.change", "response.end"]);
  });

  test("a move in the document neither stops nor repeats a running answer", async () => {
    const gate = Promise.withResolvers<void>();
    let isCut = false;
    chat.server.script = halved(gate.promise, () => (isCut = true));
    await place();
    await send("a", "Hello");
    await inElement("a", ".answer").getByText("Half").waitFor();
    await chat.page.evaluate(() => {
      const element = document.querySelector("sidekit-chat");
      if (element !== null) document.querySelector("main")?.prepend(element);
    });
    gate.resolve();
    await inElement("a", ".answer").getByText("Half and half").waitFor();
    expect(isCut).toBe(false);
    expect(chat.server.requests.map(({ type }) => type)).toEqual(["threads.create"]);
    expect((await heard()).filter((name) => name === "ready")).toEqual(["ready"]);
  });

  test("taken away in mid-stream it lets go of the answer, and reads it when it comes back", async () => {
    const gate = Promise.withResolvers<void>();
    let isCut = false;
    chat.server.script = halved(gate.promise, () => (isCut = true));
    await place();
    await send("a", "Hello");
    await inElement("a", ".answer").getByText("Half").waitFor();
    await chat.page.evaluate(() => {
      const element = document.querySelector("sidekit-chat");
      element?.remove();
      Object.assign(window, { kept: element });
    });
    await expect.poll(() => isCut).toBe(true);
    gate.resolve();
    await expect.poll(() => [...chat.server.threads.values()][0]?.items.length).toBe(2);
    await chat.page.evaluate(() => {
      if ("kept" in window && window.kept instanceof Element)
        document.querySelector("#root")?.append(window.kept);
    });
    await inElement("a", ".answer").getByText("Half and half").waitFor();
    expect((await heard()).at(-1)).not.toBe("error");
  });

  test("in another document it has its looks and goes on", async () => {
    await place();
    await chat.page.evaluate(() => {
      const frame = document.createElement("iframe");
      frame.id = "other";
      document.body.append(frame);
      const element = document.querySelector("sidekit-chat");
      if (element !== null) frame.contentDocument?.body.append(element);
    });
    const inside = chat.page.frameLocator("#other");
    await inside.getByRole("textbox", { name: "Message" }).waitFor();
    expect(
      await inside
        .locator(".frame")
        .evaluate((it) => getComputedStyle(it).display + getComputedStyle(it).position),
    ).toBe("blockrelative");
    await inside.locator("sidekit-chat").evaluate((it) => {
      if ("sendUserMessage" in it && typeof it.sendUserMessage === "function")
        return it.sendUserMessage({ text: "There" });
    });
    await inside.locator(".answer").getByText("You said: There").waitFor();
  });

  test("two on one page have their own options, conversations, styles and events", async () => {
    await place("a");
    await place("b");
    await chat.page.evaluate(() => {
      const second = document.querySelector<HTMLElementTagNameMap["sidekit-chat"]>("#b");
      second?.setOptions(window.plainPage.options({ theme: "dark", frameTitle: "Second" }));
    });
    await chat.page.getByRole("region", { name: "Second" }).waitFor();
    await Promise.all([send("a", "From a"), send("b", "From b")]);
    await inElement("a", ".answer").getByText("You said: From a").waitFor();
    await inElement("b", ".answer").getByText("You said: From b").waitFor();
    expect(await inElement("a", ".bubble").allTextContents()).toEqual(["From a"]);
    const schemeOf = (id: string) =>
      inElement(id, ".frame").evaluate((it) => getComputedStyle(it).colorScheme);
    expect([await schemeOf("a"), await schemeOf("b")]).toEqual(["light", "dark"]);
    expect(chat.server.threads.size).toBe(2);
    const changes = await chat.page.evaluate(() =>
      window.plainPage.heard.filter(({ name }) => name === "chatkit.thread.change").map(({ of }) => of),
    );
    expect(changes.toSorted()).toEqual(["a", "b"]);
  });

  test("another server means another conversation; the same server keeps it through new options", async () => {
    await place();
    await send("a", "Hello");
    await inElement("a", ".answer").waitFor();
    const setOptions = (url: string) =>
      chat.page.evaluate((to) => {
        const { api, ...rest } = window.plainPage.options({ composer: { placeholder: to } });
        const element = document.querySelector("sidekit-chat");
        if ("url" in api) element?.setOptions({ ...rest, api: { ...api, url: to } });
      }, url);
    await setOptions("/chatkit");
    await chat.page.getByPlaceholder("/chatkit").waitFor();
    expect(await inElement("a", ".bubble").count()).toBe(1);
    await setOptions("/chatkit?other");
    await chat.page.getByPlaceholder("/chatkit?other").waitFor();
    await expect.poll(() => inElement("a", ".bubble").count()).toBe(0);
  });
});

/** Half an answer, the rest when told so; what is left of it is stored also when nobody reads it. */
function halved(gate: Promise<void>, onCut: () => void): Script {
  return async ({ emit, done, newId, now, threadId, closed }) => {
    const message = assistantMessage({ id: newId(), threadId, text: "", at: now() });
    emit(
      { type: "thread.item.added", item: message },
      {
        type: "thread.item.updated",
        item_id: message.id,
        update: { type: "assistant_message.content_part.text_delta", content_index: 0, delta: "Half" },
      },
    );
    let isDone = false;
    void closed.then(() => {
      if (!isDone) onCut();
    });
    await gate;
    isDone = true;
    done({ ...message, content: [{ type: "output_text", text: "Half and half", annotations: [] }] });
  };
}
