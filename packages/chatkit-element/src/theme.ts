// From the page's theme to CSS custom properties. Values are set through the CSSOM, so that none can end its declaration.

import type { ChatKitOptions, ThemeOption } from "@openai/chatkit";

export interface Theme {
  readonly scheme: "light" | "dark";
  readonly properties: ReadonlyMap<string, string>;
}

const radii = {
  pill: { control: "1.5rem", surface: "1.25rem", small: "999px" },
  round: { control: "1rem", surface: "1rem", small: "0.75rem" },
  soft: { control: "0.625rem", surface: "0.625rem", small: "0.5rem" },
  sharp: { control: "0.125rem", surface: "0.125rem", small: "0.125rem" },
} as const;

/** What the chat stands on where the page names no surface. */
export const grounds = { light: "#ffffff", dark: "#19191c" } as const;

const densities = { compact: "0.8", normal: "1", spacious: "1.25" } as const;

export function themeOf(option: ChatKitOptions["theme"]): Theme {
  const theme: ThemeOption = typeof option === "string" ? { colorScheme: option } : (option ?? {});
  const scheme = theme.colorScheme === "dark" ? "dark" : "light";
  const radius = radii[theme.radius ?? "pill"] ?? radii.pill;
  const { typography, color } = theme;
  const ground = color?.surface?.background ?? grounds[scheme];
  const wanted: [name: string, value: string | undefined][] = [
    ["--sk-radius-control", radius.control],
    ["--sk-radius-surface", radius.surface],
    ["--sk-radius-small", radius.small],
    ["--sk-density", densities[theme.density ?? "normal"] ?? densities.normal],
    ["--sk-font-size", typography?.baseSize === undefined ? undefined : `${typography.baseSize / 16}rem`],
    ["--sk-font", typography?.fontFamily],
    ["--sk-font-mono", typography?.fontFamilyMono],
    ["--sk-background", color?.surface?.background],
    ["--sk-text", color?.surface?.foreground],
    ["--sk-accent", color?.accent?.primary],
    ["--sk-on-accent", color?.accent === undefined ? undefined : readableOn(color.accent.primary)],
    ["--sk-ring", color?.accent === undefined ? undefined : visibleOn(ground, color.accent.primary)],
    ...grays(scheme, color?.grayscale),
  ];
  return {
    scheme,
    properties: new Map(wanted.filter((row): row is [string, string] => row[1] !== undefined)),
  };
}

/** Replaces all properties on the rule of the sheet. */
export function applyTheme(sheet: CSSStyleSheet, theme: Theme): void {
  sheet.replaceSync(":host {}");
  const rule = sheet.cssRules[0];
  if (!(rule instanceof CSSStyleRule)) return;
  for (const [name, value] of theme.properties) rule.style.setProperty(name, value);
}

type Grayscale = NonNullable<NonNullable<ThemeOption["color"]>["grayscale"]>;

/** Hue and tint colour the greys; lightness, and with it contrast, stays as designed. */
function grays(scheme: Theme["scheme"], option: Grayscale | undefined): [string, string][] {
  if (option === undefined) return [];
  const chroma = (option.tint * 0.004).toFixed(4);
  const gray = (lightness: number) => `oklch(${lightness} ${chroma} ${option.hue})`;
  return scheme === "light"
    ? [
        ["--sk-surface", gray(0.975)],
        ["--sk-bubble", gray(0.955)],
        ["--sk-border", gray(0.915)],
        ["--sk-muted", gray(0.47)],
      ]
    : [
        ["--sk-surface", gray(0.25)],
        ["--sk-bubble", gray(0.29)],
        ["--sk-border", gray(0.33)],
        ["--sk-raised", gray(0.265)],
        ["--sk-muted", gray(0.74)],
      ];
}

/** Black or white, whichever is easier to read on the colour. */
function readableOn(color: string): string | undefined {
  const luminance = luminanceOf(color);
  return luminance === null ? undefined : luminance > 0.179 ? "#000000" : "#ffffff";
}

/** The colour, if an outline in it keeps the 3:1 that a focus ring needs. */
function visibleOn(ground: string, color: string): string | undefined {
  const [one, other] = [luminanceOf(ground), luminanceOf(color)];
  if (one === null || other === null) return undefined;
  return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05) >= 3 ? color : undefined;
}

/** Relative luminance as WCAG defines it; null for what is no colour. */
function luminanceOf(color: string): number | null {
  const context = new OffscreenCanvas(1, 1).getContext("2d");
  if (context === null || !CSS.supports("color", color)) return null;
  context.fillStyle = color;
  context.fillRect(0, 0, 1, 1);
  const [red = 0, green = 0, blue = 0] = context.getImageData(0, 0, 1, 1).data;
  const [r = 0, g = 0, b = 0] = [red, green, blue].map((channel) => {
    const value = channel / 255;
    return value <= 0.040_45 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
