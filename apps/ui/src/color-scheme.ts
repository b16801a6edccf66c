// Light or dark: what the person chose, or what the system says, in force on the whole page.

import { useSyncExternalStore } from "react";

import { createKeptValue } from "./kept-value.ts";
import { createObservable } from "./observed.ts";

export const schemeChoices = ["system", "light", "dark"] as const;
export type SchemeChoice = (typeof schemeChoices)[number];

export interface ColorScheme {
  readonly choice: SchemeChoice;
  /** What is in force. */
  readonly scheme: "light" | "dark";
}

const kept = createKeptValue(() => localStorage, "sidekit.scheme");
const systemIsDark = matchMedia("(prefers-color-scheme: dark)");
const inForce = createObservable(apply(keptChoice()));

systemIsDark.addEventListener("change", () => inForce.put(apply(inForce.current().choice)));

/** The scheme in force; the component is drawn again when it changes. */
export function useColorScheme(): ColorScheme {
  return useSyncExternalStore(inForce.subscribe, inForce.current);
}

export function chooseScheme(choice: SchemeChoice): void {
  kept.write(choice === "system" ? null : choice);
  inForce.put(apply(choice));
}

function apply(choice: SchemeChoice): ColorScheme {
  const scheme = choice === "system" ? (systemIsDark.matches ? "dark" : "light") : choice;
  document.documentElement.dataset.scheme = scheme;
  return { choice, scheme };
}

function keptChoice(): SchemeChoice {
  const value = kept.read();
  return schemeChoices.find((choice) => choice === value) ?? "system";
}
