// The theme, the languages, the header and what the chat says about options that it cannot use.

import type { ThemeOption } from "@openai/chatkit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { chatPage } from "./chat-page.ts";
import { isWithoutChromium } from "./chromium.ts";
import { bundle } from "./page-bundle.ts";

describe.skipIf(isWithoutChromium)("appearance in Chromium", { timeout: 60_000 }, () => {
  const chat = chatPage();
  const { open, say, heard, accessible, picture } = chat;
  const button = (name: string) => chat.page.getByRole("button", { name, exact: true });
  const setOptions = (options: Record<string, unknown>) =>
    chat.page.evaluate((it) => window.testPage.setOptions(JSON.parse(it)), JSON.stringify(options));
  const styleOf = (selector: string, property: string) =>
    chat.page
      .locator(selector)
      .first()
      .evaluate((it, name) => getComputedStyle(it).getPropertyValue(name), property);

  test("each option that cannot be used is told once, by its path, and the rest works", async () => {
    const wrong = {
      composer: { tolls: [], placeholder: "Ask away", models: "gpt" },
      theme: { colorScheme: "dark", density: "dense", color: { accent: { primary: "#gggggg", level: 9 } } },
      startScreen: { prompts: [{ label: "Kept", prompt: "Hi" }, { label: "Lost" }] },
      headers: {},
    };
    await open(wrong);
    const told = [
      'option_invalid: The option theme.density takes one of "compact", "normal", "spacious".',
      'option_invalid: The option theme.color.accent.primary takes a CSS color, such as "#0f172a".',
      "option_invalid: The option theme.color.accent.level takes one of 0, 1, 2, 3.",
      "option_invalid: The option startScreen.prompts[1] needs prompt.",
      "option_invalid: The option composer.models takes a list.",
      "option_unknown: There is no option composer.tolls.",
      "option_unknown: There is no option headers.",
    ];
    await expect.poll(async () => (await heard("error")).toSorted()).toEqual(told.toSorted());
    expect(await chat.page.getByPlaceholder("Ask away").count()).toBe(1);
    expect(await styleOf(".frame", "color-scheme")).toBe("dark");
    await button("Kept").waitFor();
    expect(await button("Lost").count()).toBe(0);

    await setOptions({ ...wrong, frameTitle: "Other" });
    await chat.page.getByRole("region", { name: "Other" }).waitFor();
    await setOptions({ frameTitle: "Right" });
    await chat.page.getByRole("region", { name: "Right" }).waitFor();
    await setOptions({ headers: {} });
    await expect.poll(async () => (await heard("error")).length).toBe(told.length + 1);
  });

  test("size, density, roundness, fonts and colors of the theme are those of the page", async () => {
    const theme = {
      radius: "sharp",
      density: "spacious",
      typography: { baseSize: 18, fontFamily: "Georgia, serif", fontFamilyMono: "Courier" },
      color: { accent: { primary: "#0f766e", level: 3 } },
    };
    await open({ theme });
    await say("Hello");
    await chat.page.locator(".answer").waitFor();
    expect(await styleOf(".frame", "font-size")).toBe("18px");
    expect(await styleOf(".frame", "font-family")).toBe("Georgia, serif");
    expect(await styleOf(".composer", "border-top-left-radius")).toBe("2px");
    expect(await styleOf(".send-button", "border-top-left-radius")).toBe("2px");
    const tinted = await styleOf(".bubble", "background-color");
    await accessible("accent of level 3");
    await picture("accent-3");
    await setOptions({ theme: { ...theme, color: { accent: { primary: "#0f766e", level: 0 } } } });
    await expect.poll(() => styleOf(".bubble", "background-color")).not.toBe(tinted);
  });

  test("a surface of the page's own is readable even against its scheme", async () => {
    await open({
      theme: { colorScheme: "light", color: { surface: { background: "#14213d", foreground: "#f5f5f5" } } },
      disclaimer: { text: "It may err." },
    });
    await say("Hello");
    await chat.page.locator(".answer").waitFor();
    expect(await styleOf(".frame", "background-color")).toBe("rgb(20, 33, 61)");
    await accessible("dark surface in the light scheme");
    await picture("surface");
  });

  test("AA holds for every grayscale, and for any accent at every level", async () => {
    const { code } = await bundle("./page/theme-page.ts");
    await open();
    await chat.page.evaluate(code);
    const schemes = ["light", "dark"] as const;
    const steps = (count: number, from = 0) => Array.from({ length: count }, (_, at) => at + from);
    const grays = schemes.flatMap((colorScheme) =>
      steps(19).flatMap((turn) =>
        steps(10).flatMap((tint) =>
          steps(9, -4).map((shade) => ({
            colorScheme,
            color: { grayscale: { hue: turn * 20, tint, shade } },
          })),
        ),
      ),
    );
    const byte = fc.integer({ min: 0, max: 255 });
    const accents = fc.sample(
      fc.record({
        colorScheme: fc.constantFrom(...schemes),
        color: fc.record({
          grayscale: fc.record({
            hue: fc.integer({ min: 0, max: 360 }),
            tint: fc.constantFrom(...steps(10)),
            shade: fc.constantFrom(...steps(9, -4)),
          }),
          accent: fc.record({
            primary: fc
              .tuple(byte, byte, byte, fc.constantFrom(1, 1, 1, 0.5, 0.05))
              .map(([r, g, b, a]) => `rgb(${r} ${g} ${b} / ${a})`),
            level: fc.constantFrom(0, 1, 2, 3),
          }),
        }),
      }),
      { numRuns: 3000, seed: 11 },
    );
    const failures = await chat.page.evaluate(
      (themes) => window.themePage.failures(JSON.parse(themes) as ThemeOption[]),
      JSON.stringify([...grays, ...accents]),
    );
    expect(grays.length).toBe(3420);
    expect(failures).toEqual([]);
  });

  test("Spanish speaks in the chrome and is named as such; dates keep the region", async () => {
    await open({ locale: "es-419", startScreen: { prompts: [{ label: "Uno", prompt: "Uno" }] } });
    await chat.page.getByText("¿En qué puedo ayudarte hoy?").waitFor();
    expect(await chat.page.locator(".frame").getAttribute("lang")).toBe("es-419");
    await button("Mostrar las conversaciones").click();
    await chat.page.getByRole("dialog", { name: "Conversaciones" }).waitFor();
    await accessible("Spanish");
    await picture("spanish");
  });

  test("messages are in the language of the page, whatever the chat's own words are in", async () => {
    await chat.page.addInitScript(() =>
      addEventListener("DOMContentLoaded", () => {
        document.documentElement.lang = "fr";
      }),
    );
    await open();
    await say("Bonjour");
    await chat.page.locator(".answer .markdown").waitFor();
    const languages = () =>
      chat.page.evaluate(() => {
        const root = document.querySelector("openai-chatkit")?.shadowRoot;
        return [".frame", ".bubble", ".answer .markdown"].map((it) =>
          root?.querySelector(it)?.getAttribute("lang"),
        );
      });
    expect(await languages()).toEqual(["en", "fr", "fr"]);
    await setOptions({ locale: "de-DE" });
    await expect.poll(languages).toEqual(["en", "de-DE", "de-DE"]);
  });

  test("a locale that runs from the right mirrors the chrome, and leaves English words in order", async () => {
    await open({ locale: "ar" });
    const box = async (name: string) => (await button(name).boundingBox())?.x ?? Number.NaN;
    expect(await box("Show conversations")).toBeGreaterThan(await box("New chat"));
    expect(await chat.page.locator(".frame").getAttribute("lang")).toBe("en");
    expect(await chat.page.locator(".frame").getAttribute("dir")).toBe("rtl");
    const stopX = await chat.page.locator(".greeting").evaluate((it) => {
      const range = document.createRange();
      const text = it.firstChild;
      if (text === null) return 0;
      range.setStart(text, (text.textContent?.length ?? 1) - 1);
      range.setEnd(text, text.textContent?.length ?? 1);
      const { left, width } = it.getBoundingClientRect();
      return (range.getBoundingClientRect().left - left) / width;
    });
    // The question mark is at the right end of its sentence.
    expect(stopX).toBeGreaterThan(0.8);
    await button("Show conversations").click();
    // It slides in.
    const edge = async () => {
      const dialog = await chat.page.getByRole("dialog").boundingBox();
      return Math.round((dialog?.x ?? 0) + (dialog?.width ?? 0));
    };
    await expect.poll(edge).toBe(900);
    await picture("right-to-left");
    await setOptions({ locale: "en" });
    await expect.poll(() => chat.page.locator(".frame").getAttribute("dir")).toBe(null);
  });
});
