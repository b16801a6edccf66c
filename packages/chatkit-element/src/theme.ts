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
  const scheme = theme.colorScheme ?? "light";
  const radius = radii[theme.radius ?? "pill"];
  const { typography, color } = theme;
  const wanted: [name: string, value: string | undefined][] = [
    ["--sk-radius-control", radius.control],
    ["--sk-radius-surface", radius.surface],
    ["--sk-radius-small", radius.small],
    ["--sk-density", densities[theme.density ?? "normal"]],
    ["--sk-font-size", typography?.baseSize === undefined ? undefined : `${typography.baseSize / 16}rem`],
    ["--sk-font", typography?.fontFamily],
    ["--sk-font-mono", typography?.fontFamilyMono],
    ...grays(scheme, color?.grayscale),
    ...surfaces(color?.surface),
    ...accents(color?.surface?.background ?? grounds[scheme], color?.accent),
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
  if (rule === undefined || !isStyleRule(rule)) return;
  for (const [name, value] of theme.properties) rule.style.setProperty(name, value);
}

/** Also for a sheet of another document, whose classes are others. */
function isStyleRule(rule: CSSRule): rule is CSSStyleRule {
  return "style" in rule;
}

type ColorOption = NonNullable<ThemeOption["color"]>;

/**
 * Hue and tint colour the greys. Shade moves them away from the ground, or towards it when it is negative; text keeps the
 * lightness that it was designed with, which is enough on all of them.
 */
function grays(scheme: Theme["scheme"], option: ColorOption["grayscale"]): [string, string][] {
  if (option === undefined) return [];
  const chroma = (option.tint * 0.004).toFixed(4);
  const strength = 1 + (option.shade ?? 0) * 0.15;
  const gray = (lightness: number) => `oklch(${lightness.toFixed(4)} ${chroma} ${option.hue})`;
  return scheme === "light"
    ? [
        ["--sk-surface", gray(1 - 0.025 * strength)],
        ["--sk-bubble", gray(1 - 0.045 * strength)],
        ["--sk-border", gray(1 - 0.085 * strength)],
        ["--sk-muted", gray(0.47)],
      ]
    : [
        ["--sk-surface", gray(0.213 + 0.037 * strength)],
        ["--sk-bubble", gray(0.213 + 0.077 * strength)],
        ["--sk-border", gray(0.213 + 0.117 * strength)],
        ["--sk-raised", gray(0.213 + 0.052 * strength)],
        ["--sk-muted", gray(0.74)],
      ];
}

/** The page's own ground and letters: all greys are mixed from the two, so that they suit each other. */
function surfaces(option: ColorOption["surface"]): [string, string | undefined][] {
  if (option === undefined) return [];
  const { background, foreground } = option;
  const mixed = (percent: number) => `color-mix(in oklab, ${foreground} ${percent}%, ${background})`;
  const bubble = mixed(6);
  const softened = mixed(72);
  return [
    ["--sk-background", background],
    ["--sk-text", foreground],
    ["--sk-surface", mixed(3)],
    ["--sk-bubble", bubble],
    ["--sk-border", mixed(14)],
    ["--sk-raised", background],
    ["--sk-muted", (contrast(softened, bubble, background) ?? 0) >= 4.5 ? softened : foreground],
  ];
}

/** How much of the accent goes into the user's own messages, by `level`. */
const accentShares = [0, 6, 12, 20] as const;

function accents(ground: string, option: ColorOption["accent"]): [string, string | undefined][] {
  if (option === undefined) return [];
  const { primary } = option;
  const share = accentShares[option.level ?? 0];
  const ring = contrast(primary, ground, ground);
  return [
    ["--sk-accent", primary],
    ["--sk-on-accent", readableOn(primary, ground)],
    ["--sk-accent-share", share === 0 ? undefined : `${share}%`],
    // The 3:1 that a focus ring needs.
    ["--sk-ring", ring !== null && ring >= 3 ? primary : undefined],
  ];
}

/** Black or white, whichever is easier to read on the colour. */
function readableOn(color: string, ground: string): string | undefined {
  const luminance = luminanceOf([ground, color]);
  return luminance === null ? undefined : luminance > 0.179 ? "#000000" : "#ffffff";
}

/** As WCAG reckons it, with the ground behind what is not opaque. */
function contrast(color: string, other: string, ground: string): number | null {
  const behind = luminanceOf([ground, other]);
  const before = luminanceOf([ground, other, color]);
  if (behind === null || before === null) return null;
  return (Math.max(before, behind) + 0.05) / (Math.min(before, behind) + 0.05);
}

/** Relative luminance of the colours, one over the other. */
function luminanceOf(layers: readonly string[]): number | null {
  const context = new OffscreenCanvas(1, 1).getContext("2d");
  if (context === null) return null;
  for (const color of ["#ffffff", ...layers]) {
    context.fillStyle = color;
    context.fillRect(0, 0, 1, 1);
  }
  const [red = 0, green = 0, blue = 0] = context.getImageData(0, 0, 1, 1).data;
  const [r = 0, g = 0, b = 0] = [red, green, blue].map((channel) => {
    const value = channel / 255;
    return value <= 0.040_45 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
