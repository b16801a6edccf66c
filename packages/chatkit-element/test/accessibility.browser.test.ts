// Every state of the chat: what axe-core finds, what fits into narrow views, how large targets are, and the way through by keyboard.

import { afterEach, describe, expect, test } from "vitest";

import { chatPage, type ChatPage } from "./chat-page.ts";
import { isWithoutChromium } from "./chromium.ts";
import { assistantMessage, userMessage } from "./scripted-server.ts";

const options = {
  header: { title: { text: "A title that is longer than any narrow view has room for, as they tend to be" } },
  startScreen: {
    greeting: "Hello",
    prompts: ["Short", "A much longer prompt that has to be broken into lines"].map((label) => ({
      label,
      prompt: label,
    })),
  },
  threadItemActions: { feedback: true, retry: true },
  composer: {
    attachments: { enabled: true },
    tools: [
      { id: "a", label: "Search", icon: "globe", pinned: true },
      { id: "b", label: "Draw", icon: "images" },
    ],
    models: [
      { id: "m", label: "Quick", description: "For everyday questions" },
      { id: "n", label: "Deep" },
    ],
  },
  disclaimer: { text: "It may err. Read [the rules](https://example.com)." },
};
const answerText =
  "# Heading\n\nWords, `code` and [a link](https://example.com/x).\n\n- one\n- two\n\n| a | b |\n| - | - |\n| 1 | 2 |\n\n```js\nconst a_very_long_line_of_code = 'that goes on and on and on and on and on and on';\n```\n\nSupercalifragilisticexpialidociousSupercalifragilisticexpialidocious";

/** How each state is reached, from the start screen. */
const states: Record<string, (chat: ChatPage) => Promise<void>> = {
  start: async () => {},
  loading: async (chat) => {
    const id = putThread(chat, { type: "active" });
    await chat.page.route("**/chatkit", () => {});
    await chat.page.evaluate((it) => void window.testPage.chat?.setThreadId(it).catch(() => {}), id);
    await chat.page.getByLabel("Loading the conversation…").waitFor();
  },
  conversation: async (chat) => {
    await chat.say("Hello");
    await button(chat, "Copy answer").waitFor();
  },
  streaming: async (chat) => {
    chat.server.script = ({ emit, newId, now, threadId, closed }) => {
      const message = assistantMessage({ id: newId(), threadId, text: "", at: now() });
      const update = {
        type: "assistant_message.content_part.text_delta" as const,
        content_index: 0,
        delta: answerText,
      };
      emit(
        { type: "thread.item.added", item: message },
        { type: "thread.item.updated", item_id: message.id, update },
      );
      return closed;
    };
    await chat.say("Hello");
    await button(chat, "Stop answering").waitFor();
    await chat.page.locator(".answer").getByText("one").waitFor();
  },
  thinking: async (chat) => {
    chat.server.script = ({ closed }) => closed;
    await chat.say("Hello");
    await chat.page.getByRole("img", { name: "Answering…" }).waitFor();
  },
  history: async (chat) => {
    await states["conversation"]?.(chat);
    await button(chat, "Show conversations").click();
    await chat.page.locator("[data-opens]").waitFor();
  },
  rename: async (chat) => {
    await states["history"]?.(chat);
    await button(chat, /^Rename/).click();
    await chat.page.getByRole("textbox", { name: "New title" }).waitFor();
  },
  "delete question": async (chat) => {
    await states["history"]?.(chat);
    await button(chat, /^Delete/).click();
    await chat.page.getByText("Delete this conversation?").waitFor();
  },
  "empty history": async (chat) => {
    await button(chat, "Show conversations").click();
    await chat.page.getByText("No conversations yet.").waitFor();
  },
  failure: async (chat) => {
    chat.server.refuse = () => ({ status: 503, body: {} });
    await chat.say("Hello");
    await chat.page.getByRole("alert").waitFor();
  },
  locked: async (chat) => {
    await openThread(chat, { type: "locked", reason: "A person has taken over." });
    await chat.page.getByPlaceholder("A person has taken over.").waitFor();
  },
  closed: async (chat) => {
    await openThread(chat, { type: "closed" });
    await chat.page.getByText("This conversation is closed.").waitFor();
  },
  "menu of tools": async (chat) => {
    await button(chat, "Tools").click();
    await chat.page.getByRole("menu").waitFor();
  },
  "menu of models": async (chat) => {
    await button(chat, /^Model/).click();
    await chat.page.getByRole("menu").waitFor();
  },
  "no server": async (chat) => {
    await chat.page.evaluate(() => window.testPage.setOptions({ api: { url: "", domainKey: "" } }));
    await chat.page.getByRole("alert").waitFor();
  },
};
const names = Object.keys(states);

const button = (chat: ChatPage, name: string | RegExp) =>
  chat.page.getByRole("button", { name, exact: true });

function putThread(
  chat: ChatPage,
  status: { type: "active" } | { type: "closed" } | { type: "locked"; reason: string },
): string {
  const at = new Date().toISOString();
  const thread = {
    id: "kept",
    title: "Kept",
    created_at: at,
    status,
    metadata: {},
    items: { data: [], has_more: false },
  };
  const items = [
    userMessage({ id: "u1", threadId: "kept", text: "Hello", at }),
    assistantMessage({ id: "a1", threadId: "kept", text: answerText, at }),
  ];
  chat.server.threads.set("kept", { thread, items });
  return "kept";
}

async function openThread(
  chat: ChatPage,
  status: { type: "closed" } | { type: "locked"; reason: string },
): Promise<void> {
  const id = putThread(chat, status);
  await chat.page.evaluate((it) => window.testPage.chat?.setThreadId(it), id);
}

async function enter(chat: ChatPage, name: string, more: Record<string, unknown> = {}): Promise<void> {
  chat.server.script = ({ done, newId, now, threadId }) =>
    done(assistantMessage({ id: newId(), threadId, text: answerText, at: now() }));
  await chat.open({ ...options, ...more });
  await states[name]?.(chat);
}

/** What the eye meets in the element: controls with their boxes. */
const controlsOf = (chat: ChatPage) =>
  chat.page.evaluate(() => {
    const root = document.querySelector("openai-chatkit")?.shadowRoot;
    const found = [
      ...(root?.querySelectorAll<HTMLElement>("button, a[href], input, textarea, [tabindex='0']") ?? []),
    ];
    return found
      .filter((it) => it.checkVisibility({ visibilityProperty: true }) && it.closest("[inert]") === null)
      .filter((it) => it.tabIndex >= 0 && !it.matches(":disabled"))
      .map((it) => {
        const { width, height } = it.getBoundingClientRect();
        const name = it.getAttribute("aria-label") ?? it.textContent?.trim().slice(0, 30) ?? "";
        // Links within sentences may be as high as their line.
        return { name, tag: it.tagName, width, height, isInline: getComputedStyle(it).display === "inline" };
      });
  });

describe.skipIf(isWithoutChromium)("accessibility in Chromium", { timeout: 60_000 }, () => {
  describe("on a desktop", () => {
    const chat = chatPage();
    afterEach(() => chat.page.unrouteAll({ behavior: "ignoreErrors" }));

    test.each(names)("%s: axe-core finds nothing in either scheme", async (name) => {
      await enter(chat, name);
      // Everything that moves in has come to rest.
      await chat.page.emulateMedia({ reducedMotion: "reduce" });
      await expect(chat.accessible(name)).resolves.toBeUndefined();
      await chat.picture(`a11y-${name.replaceAll(" ", "-")}`);
    });

    test.each([
      [320, 16],
      [640, 32],
    ])(
      "at %d px, with letters of %d px, nothing is wider than the view in any state",
      async (width, letters) => {
        await chat.page.setViewportSize({ width, height: 640 });
        await chat.page.addInitScript((px) => {
          addEventListener("DOMContentLoaded", () => {
            document.documentElement.style.fontSize = `${px}px`;
          });
        }, letters);
        for (const name of names) {
          await enter(chat, name);
          await chat.page.emulateMedia({ reducedMotion: "reduce" });
          expect(await overflowing(chat), name).toEqual([]);
          await chat.picture(`a11y-${name.replaceAll(" ", "-")}-${width}`);
          await chat.page.unrouteAll({ behavior: "ignoreErrors" });
          chat.server.refuse = () => null;
          chat.server.threads.clear();
        }
      },
    );

    test.each(names)("%s: no target is smaller than 24 px", async (name) => {
      await enter(chat, name);
      const small = (await controlsOf(chat)).filter(
        ({ width, height, isInline }) => !isInline && Math.min(width, height) < 24,
      );
      expect(small).toEqual([]);
    });

    test.each(["start", "conversation", "history", "rename", "delete question", "failure"])(
      "%s: Tab leads through every control, and each shows that it has the focus",
      async (name) => {
        await enter(chat, name);
        const wanted = (await controlsOf(chat)).map((control) => control.name);
        const met = new Set<string>();
        const unseen: string[] = [];
        for (let step = 0; step < wanted.length + 6; step += 1) {
          await chat.page.keyboard.press("Tab");
          const focused = await chat.page.evaluate(() => {
            const active = document.querySelector("openai-chatkit")?.shadowRoot?.activeElement;
            if (!(active instanceof HTMLElement)) return null;
            const { outlineStyle, outlineWidth } = getComputedStyle(active);
            const around = active.closest(".composer");
            const isRinged = outlineStyle !== "none" && Number.parseFloat(outlineWidth) >= 2;
            const isMarked = around !== null && /1px/.test(getComputedStyle(around).boxShadow);
            return {
              name: active.getAttribute("aria-label") ?? active.textContent?.trim().slice(0, 30) ?? "",
              isSeen: active.matches("textarea, input") ? isRinged || isMarked : isRinged,
            };
          });
          if (focused === null) continue;
          met.add(focused.name);
          if (!focused.isSeen) unseen.push(focused.name);
        }
        expect(wanted.filter((control) => !met.has(control))).toEqual([]);
        expect(unseen).toEqual([]);
      },
    );

    test.each(["thinking", "loading", "history"])(
      "%s: nothing moves for those who want none of it",
      async (name) => {
        await chat.page.emulateMedia({ reducedMotion: "reduce" });
        await enter(chat, name);
        const moving = () =>
          chat.page.evaluate(
            () => document.querySelector("openai-chatkit")?.shadowRoot?.getAnimations().length ?? Number.NaN,
          );
        expect(await moving()).toBe(0);
        if (name === "history") return;
        await chat.page.emulateMedia({ reducedMotion: "no-preference" });
        await expect.poll(moving).toBeGreaterThan(0);
      },
    );

    test("in forced colors every control keeps an edge or a word, and the focus its ring", async () => {
      await chat.page.emulateMedia({ forcedColors: "active" });
      await enter(chat, "conversation");
      const edgeOf = (selector: string) =>
        chat.page
          .locator(selector)
          .first()
          .evaluate((it) => getComputedStyle(it).borderTopStyle);
      for (const selector of [".bubble", ".composer", ".send-button"]) {
        expect(await edgeOf(selector), selector).toBe("solid");
      }
      await chat.page.getByRole("textbox", { name: "Message" }).focus();
      expect(await chat.page.locator(".composer").evaluate((it) => getComputedStyle(it).outlineStyle)).toBe(
        "solid",
      );
      await chat.picture("a11y-forced");
    });
  });

  describe("under a finger", () => {
    const chat = chatPage({
      context: { viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true },
    });
    afterEach(() => chat.page.unrouteAll({ behavior: "ignoreErrors" }));

    test.each(["start", "conversation", "history", "rename", "delete question", "failure", "menu of tools"])(
      "%s: what is used most is at least 44 px high",
      async (name) => {
        await chat.page.emulateMedia({ reducedMotion: "reduce" });
        await enter(chat, name);
        const main = (await controlsOf(chat)).filter(
          ({ name: label, isInline }) =>
            !isInline && !/^(Copy|Good|Bad|Answer again|code|js|Table|Messages|Dismiss)/.test(label),
        );
        expect(main.length).toBeGreaterThan(1);
        expect(main.filter(({ height }) => height < 43.5)).toEqual([]);
        expect(await overflowing(chat)).toEqual([]);
        await chat.picture(`a11y-touch-${name.replaceAll(" ", "-")}`);
      },
    );
  });
});

/** What is wider than the view, but for what scrolls by itself. */
function overflowing(chat: ChatPage): Promise<string[]> {
  return chat.page.evaluate(() => {
    const found: string[] = [];
    if (document.documentElement.scrollWidth > innerWidth) found.push("the page");
    const root = document.querySelector("openai-chatkit")?.shadowRoot;
    for (const it of root?.querySelectorAll<HTMLElement>(
      ".stage, .transcript, .turns, .dock, .composer, .drawer, .start, .header, [role=menu]",
    ) ?? []) {
      const { left, right } = it.getBoundingClientRect();
      const scrolls =
        /auto|scroll/.test(getComputedStyle(it).overflowX) && it.scrollWidth > it.clientWidth + 1;
      if (left < -1 || right > innerWidth + 1 || scrolls)
        found.push(`${it.className} ${left}..${right} ${it.scrollWidth}/${it.clientWidth}`);
    }
    return found;
  });
}
