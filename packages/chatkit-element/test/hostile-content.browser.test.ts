// Answers as nobody should write them: nothing in them runs, nothing leads astray, and the page stays quick.

import type { Annotation } from "@sidekit/chatkit/protocol";
import { describe, expect, test } from "vitest";

import { chatPage } from "./chat-page.ts";
import { isWithoutChromium } from "./chromium.ts";
import { assistantMessage } from "./scripted-server.ts";

declare global {
  interface Window {
    longestTask: number;
  }
}

/** What a reader takes for a freeze. */
const maxTaskMs = 100;

const row = (cells: number, word: string) => `| ${Array.from({ length: cells }, () => word).join(" | ")} |\n`;
const heavy: readonly (readonly [name: string, text: string])[] = [
  [
    "a table of a thousand rows and fifty columns",
    row(50, "head") + row(50, "-") + row(50, "cell").repeat(1000),
  ],
  ["ten thousand levels of quotes", `${"> ".repeat(10_000)}deep`],
  [
    "a thousand levels of lists",
    Array.from({ length: 1000 }, (_, at) => `${"  ".repeat(at)}- deep`).join("\n"),
  ],
  ["a hundred thousand open brackets", "[".repeat(100_000)],
  ["a hundred thousand stars", "*".repeat(100_000)],
  ["stars that open and never close", "**a ".repeat(30_000)],
  ["underscores that open and never close", "_a".repeat(50_000)],
  ["backticks of every length", Array.from({ length: 500 }, (_, at) => "`".repeat(at + 1)).join(" ")],
  ["open links", "[a](b".repeat(20_000)],
  ["open pictures", "![".repeat(50_000)],
  ["references", "&".repeat(100_000)],
  ["angle brackets", "<".repeat(100_000)],
  ["a megabyte in one paragraph", "word ".repeat(200_000)],
  ["a megabyte without a space", "x".repeat(1_000_000)],
  ["a megabyte of paragraphs", "A line of words that says little.\n\n".repeat(30_000)],
  ["a megabyte of code", `\`\`\`js\n${"const answer = 42;\n".repeat(52_000)}\`\`\``],
  ["a megabyte of list items", "- item\n".repeat(140_000)],
];

describe.skipIf(isWithoutChromium)("hostile answers in Chromium", { timeout: 120_000 }, () => {
  const chat = chatPage();

  async function longestTask(during: () => Promise<void>): Promise<number> {
    await chat.page.evaluate(() => {
      window.longestTask = 0;
      new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries())
          window.longestTask = Math.max(window.longestTask, duration);
      }).observe({ type: "longtask" });
    });
    await during();
    await chat.page.waitForTimeout(300);
    return chat.page.evaluate(() => window.longestTask);
  }

  test.each(heavy)("%s holds nothing up", { retry: 2 }, async (name, text) => {
    await chat.open();
    const ms = await longestTask(() => chat.answered(text));
    console.info(`${name}: longest task ${ms} ms`);
    expect(ms).toBeLessThan(maxTaskMs);
  });

  test(
    "a megabyte that streams holds nothing up, and all of it can be read by and by",
    { retry: 2 },
    async () => {
      await chat.open();
      const line = "- A line of **words** with [a link](https://a.example) that goes on.\n";
      chat.server.script = async ({ emit, done, threadId, newId, now }) => {
        const message = assistantMessage({ id: newId(), threadId, text: "", at: now() });
        emit({ type: "thread.item.added", item: message });
        let text = "";
        for (let chunk = 0; chunk < 250; chunk += 1) {
          const delta = line.repeat(60);
          text += delta;
          emit({
            type: "thread.item.updated",
            item_id: message.id,
            update: { type: "assistant_message.content_part.text_delta", content_index: 0, delta },
          });
          await new Promise((later) => setTimeout(later, 10));
        }
        done({ ...message, content: [{ type: "output_text", text, annotations: [] }] });
      };
      const ms = await longestTask(async () => {
        await chat.say("Go");
        await chat.page.locator(".answer .actions").waitFor({ state: "attached" });
      });
      console.info(`a streamed megabyte: longest task ${ms} ms`);
      expect(ms).toBeLessThan(maxTaskMs);
      const shown = await chat.page.locator(".answer li").count();
      await chat.page.getByRole("button", { name: "Show more" }).click();
      await expect.poll(() => chat.page.locator(".answer li").count()).toBeGreaterThan(1.5 * shown);
      await chat.accessible("a part of an answer");
    },
  );

  test("S110: nothing runs, nothing is loaded, and nothing leads where links may not", async () => {
    await chat.open();
    const asked: string[] = [];
    chat.page.on("request", (request) => asked.push(request.url()));
    const attack = "javascript:window.hacked=1";
    const text = [
      "<script>window.hacked = 1</script>",
      "<img src=x onerror='window.hacked=1'>",
      "<iframe srcdoc='<script>parent.hacked=1</script>'></iframe>",
      "<svg onload=window.hacked=1><a href=javascript:alert(1)>x</a></svg>",
      "<style>* { display: none !important }</style>",
      `[link](${attack}) [mixed](JaVaScRiPt:window.hacked=1) [encoded](&#106;avascript:window.hacked=1)`,
      "[tab](java\tscript:window.hacked=1) [data](data:text/html,<script>window.hacked=1</script>) [vb](vbscript:x)",
      "![picture](https://pictures.evil.example/track.png) ![own](javascript:window.hacked=1)",
      "[definition]\n\n[definition]: javascript:window.hacked=1",
      "<https://plain.example/x> <javascript:window.hacked=1>",
      "`<b onclick=window.hacked=1>`",
    ].join("\n\n");
    const annotations: Annotation[] = [
      attack,
      "data:text/html,x",
      "//evil.example",
      "file:///etc/passwd",
    ].map((url) => ({
      type: "annotation",
      index: 3,
      source: { type: "url", url, title: "<img src=x onerror=window.hacked=1>" },
    }));
    chat.server.script = ({ done, threadId, newId, now }) => {
      const message = assistantMessage({ id: newId(), threadId, text, at: now() });
      done({ ...message, content: [{ type: "output_text", text, annotations }] });
    };
    await chat.say("<img src=x onerror=window.hacked=1>");
    await chat.page.locator(".answer .actions").waitFor({ state: "attached" });
    const links = await chat.page
      .locator(".answer a")
      .evaluateAll((all) => all.map((link) => link.getAttribute("href")));
    expect(links.filter((href) => href?.startsWith("https:") !== true)).toEqual([]);
    for (const clickable of await chat.page.locator(".answer a, .answer button").all()) {
      await clickable.evaluate((element) => {
        if (!(element instanceof HTMLAnchorElement)) (element as HTMLElement).click();
      });
    }
    expect(await chat.page.locator("script, iframe, style, svg[onload], [onerror], [onclick]").count()).toBe(
      await chat.page.evaluate(() => document.querySelectorAll("script, iframe, style").length),
    );
    expect(await chat.page.evaluate(() => "hacked" in window)).toBe(false);
    expect(asked.filter((url) => !url.startsWith(chat.server.origin))).toEqual([]);
    expect(await chat.page.locator(".answer img").count()).toBe(0);
  });

  test("names of files and threads that turn or hide their letters are shown without the trick", async () => {
    await chat.open();
    chat.server.script = ({ done, threadId, newId, now }) => {
      const message = assistantMessage({ id: newId(), threadId, text: "See.", at: now() });
      const source = { type: "file", filename: "report\u202Efdp.exe", title: "" } as const;
      done({
        ...message,
        content: [{ type: "output_text", text: "See.", annotations: [{ type: "annotation", source }] }],
      });
    };
    await chat.say("Go");
    await expect.poll(() => chat.page.locator(".sources .chip").textContent()).toBe("reportfdp.exe");
  });
});
