// Programs in answers: their colours, and that colours change nothing else.

import { describe, expect, test } from "vitest";

import { chatPage } from "./chat-page.ts";
import { isWithoutChromium } from "./chromium.ts";
import { assistantMessage } from "./scripted-server.ts";

const programs: Readonly<Record<string, string>> = {
  ts: 'const total: number = prices.map((it) => it * 2).length; // "twice"',
  python: "def greet(name: str) -> str:\n    return f'Hello {name}'  # kindly",
  html: '<a href="https://a.example" onclick="window.hacked=1">link</a>',
  css: ".chat > a:hover { color: #0a0; }",
  sql: "select count(*) from runs where state = 'done';",
  json: '{ "ok": true, "count": 12 }',
  bash: 'for f in *.ts; do echo "$f"; done',
  go: 'func main() { fmt.Println("hi") }',
  rust: "fn main() { let x: u8 = 1; }",
  java: "class A { int one() { return 1; } }",
  cpp: "#include <map>\nint main() { return 0; }",
  csharp: 'var name = "x"; // note',
  php: "<?php echo 'x'; ?>",
  ruby: "def hi = puts('x')",
  yaml: "name: ci\non: [push]",
  diff: "- old\n+ new",
};

describe.skipIf(isWithoutChromium)("code in Chromium", { timeout: 60_000 }, () => {
  const chat = chatPage();

  test("languages in everyday use have colours that can be read in both schemes, and keep every letter", async () => {
    await chat.open();
    await chat.answered(
      Object.entries(programs)
        .map(([name, code]) => `\`\`\`${name}\n${code}\n\`\`\``)
        .join("\n\n"),
    );
    const blocks = chat.page.locator(".answer pre");
    for (const [at, [name, code]] of Object.entries(programs).entries()) {
      await expect.poll(() => blocks.nth(at).locator("span").count(), { message: name }).toBeGreaterThan(0);
      expect(await blocks.nth(at).textContent(), name).toBe(code);
    }
    expect(await chat.page.evaluate(() => "hacked" in window)).toBe(false);
    expect(await chat.page.locator(".answer a").count()).toBe(0);
    await chat.accessible("code");
    await chat.picture("code");
  });

  test("without a known language, and when it is very long, it stays as it is", async () => {
    await chat.open();
    const long = `const a = "${"x".repeat(25_000)}";`;
    await chat.answered(`\`\`\`\nplain\n\`\`\`\n\n\`\`\`klingon\nHab\n\`\`\`\n\n\`\`\`js\n${long}\n\`\`\``);
    await chat.page.waitForTimeout(600);
    expect(await chat.page.locator(".answer pre span").count()).toBe(0);
  });

  test("while it is written nothing moves: what has colours keeps them, and the height grows with lines alone", async () => {
    await chat.open();
    const { promise: goOn, resolve } = Promise.withResolvers<void>();
    chat.server.script = async ({ emit, done, threadId, newId, now }) => {
      const message = assistantMessage({
        id: newId(),
        threadId,
        text: "```js\nconst one = 1;\n",
        at: now(),
      });
      emit({ type: "thread.item.added", item: message });
      await goOn;
      const text = `${message.content[0]?.text ?? ""}const two = 2;\n\`\`\``;
      done({ ...message, content: [{ type: "output_text", text, annotations: [] }] });
    };
    await chat.say("Go");
    const pre = chat.page.locator(".answer pre");
    await pre.waitFor();
    const before = await pre.boundingBox();
    await pre.locator(".code-keyword").waitFor();
    expect((await pre.boundingBox())?.height).toBe(before?.height);
    resolve();
    await expect.poll(() => pre.locator(".code-keyword").count()).toBe(2);
    expect(await pre.textContent()).toBe("const one = 1;\nconst two = 2;");
  });
});
