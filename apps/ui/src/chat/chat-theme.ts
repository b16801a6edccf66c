// The chat in the colours of this page.

import type { ChatKitOptions } from "@openai/chatkit";

import type { ColorScheme } from "../color-scheme.ts";

export function chatTheme(scheme: ColorScheme["scheme"]): NonNullable<ChatKitOptions["theme"]> {
  const isDark = scheme === "dark";
  return {
    colorScheme: scheme,
    radius: "round",
    color: {
      grayscale: { hue: 75, tint: 1 },
      accent: { primary: isDark ? "#74cdb9" : "#0f6b5c", level: 1 },
      surface: isDark
        ? { background: "#161514", foreground: "#eeebe7" }
        : { background: "#faf9f7", foreground: "#1d1b19" },
    },
  };
}
