// Which language the chat speaks, and which way it runs: from the page's option, else from the browser.

import type { ChatKitOptions } from "@openai/chatkit";

/** Scripts that run from the right and that some locale is written in. */
const rightToLeftScripts = new Set(["Adlm", "Arab", "Hebr", "Nkoo", "Rohg", "Syrc", "Thaa"]);

/** The locale in full, for dates, numbers and `Accept-Language`. English for what is no language tag. */
export function localeOf({ locale }: Pick<ChatKitOptions, "locale">): string {
  // Pages are not always typed, and Intl throws at anything that is no tag.
  return parsed(locale ?? navigator.language)?.toString() ?? "en";
}

/** What messages are most likely written in: the page's option says it, else the page itself, else the browser. */
export function languageOfMessages({ locale }: Pick<ChatKitOptions, "locale">): string {
  const ofPage = document.documentElement.lang;
  return locale === undefined && ofPage !== "" ? ofPage : localeOf(locale === undefined ? {} : { locale });
}

/** The language that our own words are in, as far as there are tables. */
export function wordsIn(locale: string): "en" | "es" {
  return parsed(locale)?.language === "es" ? "es" : "en";
}

export function isRightToLeft(locale: string): boolean {
  return rightToLeftScripts.has(parsed(locale)?.maximize().script ?? "");
}

function parsed(tag: unknown): Intl.Locale | null {
  if (typeof tag !== "string") return null;
  try {
    return new Intl.Locale(tag);
  } catch {
    return null;
  }
}
