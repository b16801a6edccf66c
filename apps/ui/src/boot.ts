// Takes the launch token out of the address bar. `main.tsx` imports this before anything else, so that no other code
// of the page, and nobody who looks at the screen, meets the token there (S50).

import { createKeptValue } from "./kept-value.ts";
import { findLaunchToken, isLaunchFragment } from "./launch-token.ts";

/** Of this tab alone: it survives a reload, and ends with the tab. */
const kept = createKeptValue(() => sessionStorage, "sidekit.launch");
const listeners = new Set<() => void>();

takeFromAddress();
// Opening the newly printed address in the same tab changes the fragment without loading the page again.
addEventListener("hashchange", takeFromAddress);

/** The credential that opens sessions, or null until someone hands one over. */
export function launchToken(): string | null {
  return kept.read();
}

export function keepLaunchToken(token: string): void {
  kept.write(token);
  for (const listener of listeners) listener();
}

/** Tells when another token was handed over. Returns what ends that. */
export function onLaunchToken(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function takeFromAddress(): void {
  if (!isLaunchFragment(location.hash)) return;
  const token = findLaunchToken(location.hash);
  history.replaceState(history.state, "", location.pathname + location.search);
  if (token !== null) keepLaunchToken(token);
}
