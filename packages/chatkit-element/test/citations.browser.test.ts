// What an answer refers to: markers in its text, cards beside them, the list below.

import type { Annotation } from "@sidekit/chatkit/protocol";
import { describe, expect, test } from "vitest";

import { chatPage } from "./chat-page.ts";
import { isWithoutChromium } from "./chromium.ts";

const text = "Rivers **grow** in spring. See [the map](https://maps.example/rivers) and the notes.";
const annotations: Annotation[] = [
  {
    type: "annotation",
    index: 26,
    source: {
      type: "url",
      url: "https://water.example/spring",
      title: "Spring floods",
      description: "Why rivers rise",
      attribution: "Water Office",
    },
  },
  {
    type: "annotation",
    index: 26,
    source: { type: "file", filename: "levels.pdf", title: "Levels", description: "Page 3" },
  },
  {
    type: "annotation",
    index: text.indexOf(" and the notes"),
    source: { type: "url", url: "javascript:alert(1)", title: "Not a place" },
  },
  {
    type: "annotation",
    index: 999,
    source: {
      type: "entity",
      id: "e1",
      title: "Note 7",
      inline_label: "N7",
      interactive: true,
      data: { at: "7" },
    },
  },
];

describe.skipIf(isWithoutChromium)("citations in Chromium", { timeout: 60_000 }, () => {
  const chat = chatPage();

  test("markers stand where they belong, are numbered like the list, and say what they lead to", async () => {
    await chat.open();
    await chat.answered(text, { annotations });
    expect(await chat.page.locator(".answer .markdown p").first().textContent()).toBe(
      "Rivers grow in spring.12 See the map3 and the notes.N7",
    );
    const first = chat.page.getByRole("link", { name: "Source 1: Spring floods" });
    expect(await first.getAttribute("href")).toBe("https://water.example/spring");
    expect(await first.getAttribute("rel")).toBe("noopener noreferrer");
    expect(await first.getAttribute("target")).toBe("_blank");
    // Nothing leads where links may not.
    expect(await chat.page.getByRole("button", { name: "Source 3: Not a place" }).count()).toBe(1);
    const chips = await chat.page.locator(".sources .chip").allTextContents();
    expect(chips.map((chip) => chip.replace(/\s+/g, " "))).toEqual([
      "1Spring floodswater.example",
      "2Levels",
      "3Not a place",
      "4Note 7",
    ]);
    await chat.accessible("citations");
    await chat.picture("citations");
  });

  test("a card opens for the pointer and for the keyboard, and Escape closes it and nothing else", async () => {
    await chat.open();
    await chat.answered(text, { annotations });
    await chat.page.locator(".cite").first().hover();
    const card = chat.page.getByRole("tooltip");
    await card.waitFor();
    expect(await card.textContent()).toBe("Spring floodswater.exampleWhy rivers riseWater Office");
    await chat.page.mouse.move(5, 5);
    await card.waitFor({ state: "detached" });

    await chat.page.getByRole("button", { name: "Source 2: Levels" }).focus();
    await card.waitFor();
    expect(await card.textContent()).toContain("Page 3");
    await chat.accessible("a card");
    await chat.picture("citation-card");
    await chat.page.keyboard.press("Escape");
    await card.waitFor({ state: "detached" });
    expect(await chat.focused()).toBe("Source 2: Levels");
  });

  test("an entity is the page's: it hears of the click with the source's data", async () => {
    await chat.open();
    await chat.page.evaluate(() =>
      window.testPage.setOptions({
        entities: { onClick: (entity) => window.testPage.events.push({ name: "clicked", detail: entity }) },
      }),
    );
    await chat.answered(text, { annotations });
    await chat.page.getByRole("button", { name: "N7, Source 4: Note 7" }).click();
    expect(await chat.heard("clicked")).toMatchObject([{ id: "e1", title: "Note 7", data: { at: "7" } }]);
  });

  test("words that name another place than the link's are followed by where it leads", async () => {
    await chat.open();
    await chat.answered(
      "[bank.example](https://evil.example/) [Read](https://b.example/) [ba\u202Enk](https://c.example/) <https://d.example/x>",
    );
    expect(await chat.page.locator(".answer a").allTextContents()).toEqual([
      "bank.example (evil.example)",
      "Read",
      "bank",
      "https://d.example/x",
    ]);
    for (const link of await chat.page.locator(".answer a").all()) {
      expect(await link.getAttribute("rel")).toBe("noopener noreferrer");
      expect(await link.getAttribute("title")).toMatch(/^[a-z]+\.example$/);
    }
  });
});
