// Which chat element the page shows: our own, or the vendor's for as long as that one works.

import type { SystemInfo } from "@sidekit/chat-session/contract";

import { createObservable, type Observed } from "../observed.ts";

/** The tag that the vendor's React binding draws. */
const bindingTag = "openai-chatkit";
/** How long the vendor's element may take, from its script's request on. */
const readyWithinMs = 5000;

export type ElementState =
  | { readonly kind: "loading" }
  /** Ours, under the tag of the vendor's binding. */
  | { readonly kind: "open" }
  /** Theirs, whether or not its script has come yet. `isLate`: it is not ready after five seconds. */
  | { readonly kind: "vendor"; readonly isLate: boolean }
  /** Ours, in place of theirs, under a tag of its own: theirs may have taken the other, or still do so. */
  | { readonly kind: "fallback"; readonly reason: string }
  | { readonly kind: "failed"; readonly reason: string };

export interface ElementChoice extends Observed<ElementState> {
  /** The element that is shown has said that it is ready. */
  ready(): void;
  /** The element that is shown has reported an error. */
  complained(error: Error): void;
}

export function createElementChoice({
  element,
  elementScriptUrl,
}: Pick<SystemInfo, "element" | "elementScriptUrl">): ElementChoice {
  const state = createObservable<ElementState>({ kind: "loading" });
  let late: ReturnType<typeof setTimeout> | undefined;
  if (element === "open" || elementScriptUrl === null) void showOurs(bindingTag, { kind: "open" });
  else showTheirs(elementScriptUrl);

  return {
    current: state.current,
    subscribe: state.subscribe,
    ready() {
      clearTimeout(late);
      const now = state.current();
      if (now.kind === "vendor" && now.isLate) state.put({ kind: "vendor", isLate: false });
    },
    complained(error) {
      if (state.current().kind === "vendor" && isAboutDomain(error))
        giveUp("It objects to the name of this host: its domain key does not fit.");
    },
  };

  function showTheirs(scriptUrl: string): void {
    state.put({ kind: "vendor", isLate: false });
    late = setTimeout(
      () =>
        element === "auto"
          ? giveUp("It did not get ready within five seconds.")
          : state.put({ kind: "vendor", isLate: true }),
      readyWithinMs,
    );
    loadScript(scriptUrl, () => giveUp(`Its script could not be loaded from ${new URL(scriptUrl).host}.`));
  }

  function giveUp(reason: string): void {
    clearTimeout(late);
    if (state.current().kind !== "vendor") return;
    if (element === "vendor") return state.put({ kind: "failed", reason });
    state.put({ kind: "loading" });
    void showOurs("sidekit-chat", { kind: "fallback", reason });
  }

  async function showOurs(tag: string, shown: ElementState): Promise<void> {
    try {
      const { registerAs } = await import("@sidekit/chatkit-element");
      registerAs(tag);
      state.put(shown);
    } catch {
      state.put({ kind: "failed", reason: "The chat element could not be loaded from this server." });
    }
  }
}

/** From its own address each time: this server keeps no copy. */
function loadScript(url: string, onFailure: () => void): void {
  const script = document.createElement("script");
  script.src = url;
  script.async = true;
  script.referrerPolicy = "no-referrer";
  script.addEventListener("error", onFailure, { once: true });
  document.head.append(script);
}

/** The vendor documents neither names nor codes of its errors. */
function isAboutDomain({ name, message }: Error): boolean {
  return /domain/i.test(`${name} ${message}`);
}
