// Reckons the contrasts of themes as the browser resolves them, for the tests to judge.

import type { ThemeOption } from "@openai/chatkit";

import { darkColors, lightColors } from "../../src/styles/frame.ts";
import { applyTheme, themeOf } from "../../src/theme.ts";

export interface ThemePage {
  /** The pairs of all themes that are below what they need, as sentences. */
  failures(themes: readonly ThemeOption[]): string[];
}

declare global {
  interface Window {
    themePage: ThemePage;
  }
}

const grounds = ["bg", "quiet", "said", "own", "raised"];
const pairs = [
  ...grounds.map((ground) => ["fg", ground, 4.5] as const),
  ...["bg", "quiet", "said", "raised"].map((ground) => ["muted", ground, 4.5] as const),
  ["on-fill", "fill", 4.5] as const,
  ["ring", "bg", 3] as const,
];
const names = [...new Set(pairs.flatMap(([letters, ground]) => [letters, ground]))];

const host = document.createElement("div");
document.body.append(host);
const shadow = host.attachShadow({ mode: "open" });
const colors = new CSSStyleSheet();
const theme = new CSSStyleSheet();
colors.replaceSync(`
  .frame { ${lightColors} } .frame[data-scheme="dark"] { ${darkColors} }
  ${names.map((name) => `[data-of="${name}"] { color: var(--${name}); }`).join("\n")}
`);
shadow.adoptedStyleSheets = [colors, theme];
const frame = document.createElement("div");
frame.className = "frame";
shadow.append(frame);
const probes = new Map(
  names.map((name) => {
    const probe = document.createElement("i");
    probe.dataset["of"] = name;
    frame.append(probe);
    return [name, probe];
  }),
);
const context = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });

window.themePage = {
  failures: (themes) =>
    themes.flatMap((option) => {
      const wanted = themeOf(option);
      applyTheme(theme, wanted);
      frame.dataset["scheme"] = wanted.scheme;
      const bg = colorOf("bg");
      return pairs.flatMap(([letters, ground, least]) => {
        const [one, other] = [
          luminance([bg, colorOf(ground), colorOf(letters)]),
          luminance([bg, colorOf(ground)]),
        ];
        const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
        return ratio >= least
          ? []
          : [`${letters} on ${ground}: ${ratio.toFixed(2)} in ${JSON.stringify(option)}`];
      });
    }),
};

function colorOf(name: string): string {
  const probe = probes.get(name);
  return probe === undefined ? "" : getComputedStyle(probe).color;
}

/** By WCAG's definition, from the layers one over the other. */
function luminance(layers: readonly string[]): number {
  if (context === null) return 0;
  for (const layer of layers) {
    context.fillStyle = layer;
    context.fillRect(0, 0, 1, 1);
  }
  const weights = [0.2126, 0.7152, 0.0722];
  const channels = context.getImageData(0, 0, 1, 1).data;
  return weights.reduce((sum, weight, at) => {
    const value = (channels[at] ?? 0) / 255;
    return sum + weight * (value <= 0.040_45 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  }, 0);
}
