// The element as a custom element of other frameworks: options set, events heard.

import { describe, expect, test } from "vitest";

import { chatPage } from "./chat-page.ts";
import { isWithoutChromium } from "./chromium.ts";

describe.skipIf(isWithoutChromium).each([
  ["Vue 3", "vue-page.ts"],
  ["Svelte 5", "svelte-page.ts"],
])("%s in Chromium", (_name, entry) => {
  const chat = chatPage({ entry });

  test("sets the options, hears the events, and shows the answer", { timeout: 30_000 }, async () => {
    await chat.page.goto(chat.server.origin);
    await chat.page.getByText("From a component").waitFor();
    await chat.say("Hello");
    await chat.page.locator(".answer").getByText("You said: Hello").waitFor();
    await expect
      .poll(() => chat.page.evaluate(() => window.frameworkHeard))
      .toEqual(["ready", "response.end"]);
  });
});
