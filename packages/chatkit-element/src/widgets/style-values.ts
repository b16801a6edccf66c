// From the colours, sizes and borders of the wire to CSS values. Only what is known to be harmless passes: a word of a
// list, a number with a unit, a colour in one of the plain notations. Nothing else reaches a style.

import type { CSSProperties } from "react";

import { isRecord, type WireRecord } from "../client/wire-values.ts";
import { wordIn } from "./nodes.ts";

/** What a bare number counts. */
type Unit = "px" | "spacing";

/** Where a colour is used decides which names it may have. */
export type ColorUse = "text" | "background" | "border" | "chart";

const mostPx = 4_096;

const tokens: Readonly<Record<ColorUse, Readonly<Record<string, string>>>> = {
  text: {
    prose: "var(--fg)",
    primary: "var(--fg)",
    emphasis: "var(--fg)",
    secondary: "var(--muted)",
    tertiary: "var(--muted)",
    success: "var(--success)",
    warning: "var(--warning)",
    danger: "var(--danger)",
  },
  background: {
    surface: "var(--bg)",
    "surface-secondary": "var(--quiet)",
    "surface-tertiary": "var(--said)",
    "surface-elevated": "var(--raised)",
    "surface-elevated-secondary": "var(--quiet)",
  },
  border: {
    default: "var(--line)",
    subtle: "color-mix(in oklab, var(--line) 55%, transparent)",
    strong: "color-mix(in oklab, var(--muted) 60%, transparent)",
  },
  chart: {
    blue: "light-dark(#2f6fde, #6ea3ff)",
    purple: "light-dark(#7c4fd0, #b294f5)",
    orange: "light-dark(#c95f12, #f59a52)",
    green: "light-dark(#21824f, #58c38b)",
    red: "light-dark(#cc3b3b, #f78080)",
    yellow: "light-dark(#a97b00, #e9c04a)",
    pink: "light-dark(#c23d86, #f38dc2)",
  },
};

const hues: Readonly<Record<string, readonly [hue: number, chroma: number]>> = {
  gray: [265, 0.008],
  red: [25, 0.19],
  orange: [52, 0.17],
  yellow: [88, 0.15],
  green: [152, 0.15],
  blue: [257, 0.18],
  purple: [295, 0.19],
  pink: [352, 0.19],
};

const number = String.raw`[+-]?(?:\d+(?:\.\d+)?|\.\d+)`;
const functional = new RegExp(
  String.raw`^(?:rgb|hsl)a?\(\s*${number}(?:%|deg)?(?:\s*,\s*|\s+)${number}%?(?:\s*,\s*|\s+)${number}%?(?:\s*[,/]\s*${number}%?)?\s*\)$`,
  "i",
);
const hex = /^#(?:[\da-f]{3,4}|[\da-f]{6}|[\da-f]{8})$/i;
const primitive = /^(gray|red|orange|yellow|green|blue|purple|pink)-(\d{1,4})$/;
const length = /^(\d{1,5}(?:\.\d{1,4})?|\.\d{1,4})(px|rem|em|ch|%|vw|vh|dvh|svh)$/;
const sizeWords = new Set(["auto", "min-content", "max-content", "fit-content"]);
const mostOfUnit: Readonly<Record<string, number>> = { px: mostPx, rem: 256, em: 256, ch: 512, "%": 1_000 };

const radii: Readonly<Record<string, string>> = {
  none: "0",
  "2xs": "0.125rem",
  xs: "0.25rem",
  sm: "0.375rem",
  md: "0.5rem",
  lg: "0.625rem",
  xl: "0.75rem",
  "2xl": "1rem",
  "3xl": "1.5rem",
  "4xl": "2rem",
  full: "999rem",
  "100%": "100%",
};

const alignments = ["start", "center", "end", "baseline", "stretch"] as const;
const justifications = {
  start: "flex-start",
  center: "center",
  end: "flex-end",
  between: "space-between",
  around: "space-around",
  evenly: "space-evenly",
  stretch: "stretch",
} as const;
const borderStyles = ["solid", "dashed", "dotted", "double", "groove", "ridge", "inset", "outset"] as const;
const sides = ["Top", "Right", "Bottom", "Left"] as const;

/** A colour of the wire, or one for each scheme; undefined for anything else. */
export function colorOf(value: unknown, use: ColorUse): string | undefined {
  if (isRecord(value)) {
    const light = colorOf(value["light"], use);
    const dark = colorOf(value["dark"], use);
    return light === undefined || dark === undefined ? undefined : `light-dark(${light}, ${dark})`;
  }
  if (typeof value !== "string" || value.length > 64) return undefined;
  const named = Object.hasOwn(tokens[use], value) ? tokens[use][value] : undefined;
  if (named !== undefined) return named;
  if (value === "white" || value === "black" || value === "transparent") return value;
  if (hex.test(value) || functional.test(value)) return value;
  return primitiveColor(value);
}

/** A size of the wire; undefined for what is none, negative or beyond reason. */
export function sizeOf(value: unknown, unit: Unit): string | undefined {
  if (typeof value === "number") {
    const px = unit === "px" ? value : value * 4;
    return Number.isFinite(px) && px >= 0 && px <= mostPx ? `${px / 16}rem` : undefined;
  }
  if (typeof value !== "string") return undefined;
  if (sizeWords.has(value)) return value;
  if (/^\d{1,4}(?:\.\d+)?$/.test(value)) return sizeOf(Number(value), unit);
  const [, amount, name = ""] = length.exec(value) ?? [];
  return amount !== undefined && Number(amount) <= (mostOfUnit[name] ?? 100) ? value : undefined;
}

export function radiusOf(value: unknown): string | undefined {
  return typeof value === "string" && Object.hasOwn(radii, value) ? radii[value] : undefined;
}

/** Width, height, their bounds, and the aspect ratio. */
export function dimensionsOf(node: WireRecord): CSSProperties {
  const one = (...names: string[]) =>
    names.map((name) => sizeOf(node[name], "px")).find((size) => size !== undefined);
  return compact({
    width: one("width", "size"),
    height: one("height", "size"),
    minWidth: one("minWidth", "minSize"),
    minHeight: one("minHeight", "minSize"),
    maxWidth: one("maxWidth", "maxSize"),
    maxHeight: one("maxHeight", "maxSize"),
    aspectRatio: ratioOf(node["aspectRatio"]),
    flex: flexOf(node["flex"]),
  });
}

/** Everything of the layout block (protocol 4.14.3) but the direction. */
export function layoutOf(node: WireRecord): CSSProperties {
  return {
    ...dimensionsOf(node),
    ...flowOf(node),
    ...spacingOf(node["padding"], "padding"),
    ...spacingOf(node["margin"], "margin"),
    ...borderOf(node["border"]),
    ...compact({
      flexWrap: wordIn(node, "wrap", ["nowrap", "wrap", "wrap-reverse"]) ?? undefined,
      borderRadius: radiusOf(node["radius"]),
      background: colorOf(node["background"], "background"),
    }),
  };
}

/** How children are spread. */
export function flowOf(node: WireRecord): CSSProperties {
  const justify = node["justify"];
  const align = wordIn(node, "align", alignments);
  return compact({
    gap: sizeOf(node["gap"], "spacing"),
    alignItems: align === "start" || align === "end" ? `flex-${align}` : (align ?? undefined),
    justifyContent:
      typeof justify === "string" && Object.hasOwn(justifications, justify)
        ? justifications[justify as keyof typeof justifications]
        : undefined,
  });
}

export function spacingOf(value: unknown, property: "padding" | "margin"): CSSProperties {
  if (!isRecord(value)) return compact({ [property]: sizeOf(value, "spacing") });
  const rows = sides.map((side) => {
    const axis = side === "Top" || side === "Bottom" ? "y" : "x";
    return [`${property}${side}`, sizeOf(value[side.toLowerCase()] ?? value[axis], "spacing")] as const;
  });
  return compact(Object.fromEntries(rows));
}

export function borderOf(value: unknown): CSSProperties {
  const whole = oneBorder(value);
  if (whole !== undefined) return { border: whole };
  if (!isRecord(value)) return {};
  const rows = sides.map((side) => {
    const axis = side === "Top" || side === "Bottom" ? "y" : "x";
    return [`border${side}`, oneBorder(value[side.toLowerCase()] ?? value[axis])] as const;
  });
  return compact(Object.fromEntries(rows));
}

function oneBorder(value: unknown): string | undefined {
  const size = isRecord(value) ? value["size"] : value;
  if (typeof size !== "number" || !Number.isInteger(size) || size < 0 || size > 16) return undefined;
  if (!isRecord(value)) return `${size}px solid var(--line)`;
  const color = colorOf(value["color"], "border") ?? "var(--line)";
  return `${size}px ${wordIn(value, "style", borderStyles) ?? "solid"} ${color}`;
}

function flexOf(value: unknown): string | undefined {
  if (value === "auto" || value === "none") return value;
  const grow = typeof value === "string" && /^\d{1,3}(?:\.\d+)?$/.test(value) ? Number(value) : value;
  return typeof grow === "number" && grow >= 0 && grow <= 999 ? `${grow} ${grow} 0%` : undefined;
}

function ratioOf(value: unknown): string | undefined {
  if (typeof value === "number") return value > 0 && value < 100 ? String(value) : undefined;
  if (typeof value !== "string" || !/^\d{1,4}(?:\.\d+)?(?:\s*\/\s*\d{1,4}(?:\.\d+)?)?$/.test(value))
    return undefined;
  return value === "auto" ? undefined : value;
}

/** `blue-500` and its like: one lightness per step, so that steps of all hues stand for the same contrast. */
function primitiveColor(value: string): string | undefined {
  const [, name = "", step = ""] = primitive.exec(value) ?? [];
  const [hue, most] = hues[name] ?? [];
  const at = Number(step);
  if (hue === undefined || most === undefined || at > 1_000) return undefined;
  const lightness = 0.985 - 0.78 * (at / 1_000) ** 0.9;
  const chroma = most * Math.sin(Math.PI * Math.min(1, at / 1_000 + 0.08)) ** 0.8;
  return `oklch(${lightness.toFixed(3)} ${Math.max(0, chroma).toFixed(3)} ${hue})`;
}

function compact(style: Readonly<Record<string, string | undefined>>): CSSProperties {
  return Object.fromEntries(Object.entries(style).filter(([, value]) => value !== undefined));
}
