import type { ChatKitOptions } from "@openai/chatkit";
import fc from "fast-check";
import { beforeAll, expect, test, vi } from "vitest";

import { readOptions } from "./options.ts";

const right: ChatKitOptions = {
  api: { url: "/chatkit", domainKey: "local", uploadStrategy: { type: "direct", uploadUrl: "/upload" } },
  locale: "es-419",
  theme: {
    colorScheme: "dark",
    radius: "soft",
    density: "compact",
    typography: {
      baseSize: 18,
      fontFamily: "Inter, serif",
      fontSources: [{ family: "Inter", src: "/inter.woff2", weight: 400, style: "italic", display: "swap" }],
    },
    color: {
      grayscale: { hue: 220, tint: 6, shade: -4 },
      accent: { primary: "#123456", level: 2 },
      surface: { background: "#fff", foreground: "#000" },
    },
  },
  frameTitle: "Help",
  initialThread: null,
  onClientTool: () => ({}),
  header: {
    enabled: true,
    title: { enabled: true, text: "T" },
    leftAction: { icon: "home", onClick: () => {} },
  },
  history: { enabled: true, showDelete: false, showRename: false },
  startScreen: {
    greeting: "Hi",
    prompts: [
      { label: "A", prompt: "a" },
      { label: "B", prompt: [{ type: "input_text", text: "b" }] },
    ],
  },
  threadItemActions: { feedback: true, retry: true },
  composer: {
    placeholder: "…",
    attachments: {
      enabled: true,
      maxSize: { "image/*": 10, "": 5 },
      maxCount: 3,
      accept: { "text/*": [".txt"] },
    },
    tools: [{ id: "t", label: "T", icon: "search" }],
    models: [{ id: "m", label: "M", default: true }],
    dictation: { enabled: true },
  },
  disclaimer: { text: "May err.", highContrast: true },
  entities: { showComposerMenu: true, onTagSearch: async () => [] },
  commands: { enabled: true },
  widgets: { onAction: async () => {} },
  thread: { autoScroll: true },
};

beforeAll(() => {
  // Which CSS there is only a browser knows; the browser tests ask one.
  vi.stubGlobal("CSS", { supports: (_property: string, value: string) => !value.includes("nonsense") });
});

/** As untyped pages write them. */
function read(options: unknown) {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return readOptions(options as ChatKitOptions);
}
const saidOf = (options: unknown) => read(options).problems.map(({ code, message }) => `${code}: ${message}`);

test("right options come back as the page's own object", () => {
  const { options, problems } = readOptions(right);
  expect(problems).toEqual([]);
  expect(options).toBe(right);
});

test("an unknown option is named by its path at every level", () => {
  expect(
    saidOf({
      ...right,
      themes: "dark",
      composer: { tolls: [], tools: [{ id: "a", label: "A", icon: "x", lable: "" }] },
    }),
  ).toEqual([
    "option_unknown: There is no option composer.tolls.",
    "option_unknown: There is no option composer.tools[0].lable.",
    "option_unknown: There is no option themes.",
  ]);
});

test("a wrong value is named with what the option takes, and the rest stays", () => {
  const { options, problems } = read({
    ...right,
    theme: {
      density: "dense",
      radius: "sharp",
      color: { accent: { primary: "nonsense", level: 1 }, grayscale: { hue: 400, tint: 1 } },
    },
    header: { leftAction: { icon: "home" }, title: { text: "Kept" } },
    composer: {
      placeholder: 7,
      tools: [{ id: "t", label: "T", icon: "search" }, { id: "u" }, null],
      models: "gpt",
    },
  });
  expect(problems.map(({ message }) => message)).toEqual([
    'The option theme.density takes one of "compact", "normal", "spacious".',
    'The option theme.color.accent.primary takes a CSS color, such as "#0f172a".',
    "The option theme.color.grayscale.hue takes degrees from 0 to 360.",
    "The option header.leftAction needs onClick.",
    "The option composer.placeholder takes text.",
    "The option composer.tools[1] needs label.",
    "The option composer.tools[1] needs icon.",
    "The option composer.tools[2] takes an object.",
    "The option composer.models takes a list.",
  ]);
  expect(options).toMatchObject({
    api: right.api,
    theme: { radius: "sharp", color: {} },
    header: { title: { text: "Kept" } },
  });
  expect(options.header).not.toHaveProperty("leftAction");
  expect(options.composer).toEqual({ tools: [{ id: "t", label: "T", icon: "search" }] });
});

test("where text or an object fits, what is wrong is told in the words of what was meant", () => {
  expect(saidOf({ ...right, theme: "drak" })).toEqual([
    'option_invalid: The option theme takes one of "light", "dark".',
  ]);
  expect(saidOf({ ...right, theme: { radius: "round", color: "red" } })).toEqual([
    "option_invalid: The option theme.color takes an object.",
  ]);
  expect(saidOf({ ...right, composer: { attachments: { enabled: true, maxSize: "10" } } })).toEqual([
    "option_invalid: The option composer.attachments.maxSize takes a number of bytes.",
  ]);
});

test("no options at all are options without a server", () => {
  for (const given of [undefined, null, "dark", []]) {
    expect(saidOf(given)).toEqual(["option_invalid: The option setOptions takes an object."]);
    expect(read(given).options.api).toEqual({ url: "", domainKey: "" });
  }
});

test("whatever a page hands over, what comes out has nothing wrong with it any more", () => {
  const names = fc.constantFrom(
    "theme",
    "composer",
    "tools",
    "header",
    "leftAction",
    "icon",
    "color",
    "api",
    "url",
    "prompts",
    "startScreen",
    "x",
    "__proto__",
    "constructor",
  );
  const anyOptions = fc.object({ key: names, maxDepth: 4, maxKeys: 5, withNullPrototype: true });
  fc.assert(
    fc.property(anyOptions, (given) => {
      const { options, problems } = read({ ...right, ...(given as object) });
      const again = readOptions(options);
      expect(again.problems).toEqual([]);
      expect(again.options).toBe(options);
      for (const { message } of problems) expect(message).toMatch(/^(There is no option |The option )/);
    }),
    { numRuns: 2000, seed: 7 },
  );
});
