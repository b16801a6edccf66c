import { expect, test } from "vitest";

import { isRightToLeft, localeOf, wordsIn } from "./language.ts";
import { stringsFor } from "./locale.ts";

test("Spanish speaks to every region of it; every other language, and what is none, gets English", () => {
  for (const tag of ["es", "es-ES", "es-419", "es-MX", "ES"])
    expect(stringsFor(tag).send).toBe("Enviar mensaje");
  for (const tag of ["en", "de-DE", "est", "et", "tlh", "", "!!", "es_"]) {
    expect(stringsFor(tag).send).toBe("Send message");
  }
});

test("the full locale is kept for dates and numbers, and is always one that Intl takes", () => {
  expect(localeOf({ locale: "es-419" })).toBe("es-419");
  expect(localeOf({ locale: "zh-Hant" })).toBe("zh-Hant");
  // As an untyped page may write it.
  for (const tag of ["no tag", "x", 7, null]) {
    const options: object = { locale: tag };
    expect(() => new Intl.DateTimeFormat(localeOf(options))).not.toThrow();
  }
  expect(localeOf({})).toBe(navigator.language);
});

test("the direction comes from the script of the locale", () => {
  const rtl = ["ar", "ar-EG", "ur", "he", "fa", "pa-PK", "az-Arab"];
  const ltr = ["en", "es", "zh-Hant", "pa", "az", "so-SO", ""];
  expect(rtl.filter((tag) => !isRightToLeft(tag))).toEqual([]);
  expect(ltr.filter(isRightToLeft)).toEqual([]);
});

test("Spanish has every row that English has, none empty, with the same placeholders", () => {
  const [english, spanish] = [rowsOf(stringsFor("en")), rowsOf(stringsFor("es"))];
  expect(Object.keys(spanish).toSorted()).toEqual(Object.keys(english).toSorted());
  for (const [name, words] of Object.entries(spanish)) {
    expect(words.trim(), name).not.toBe("");
    expect([...words.matchAll(/<\w+>|\d+/g)].length, name).toBe(
      [...(english[name] ?? "").matchAll(/<\w+>|\d+/g)].length,
    );
  }
});

test("one and many are told apart in both languages", () => {
  expect([1, 2].map((count) => stringsFor("es").steps(count))).toEqual(["1 paso", "2 pasos"]);
  expect([1, 2].map((count) => stringsFor("en").thoughtFor(count))).toEqual([
    "Thought for 1 second",
    "Thought for 2 seconds",
  ]);
  expect(wordsIn("es-AR")).toBe("es");
});

/** One row per sentence; those with a placeholder are filled with a mark. */
function rowsOf(table: object, path = ""): Record<string, string> {
  return Object.assign(
    {},
    ...Object.entries(table).map(([name, row]) => {
      const key = `${path}${name}`;
      if (typeof row === "function") return { [key]: String(row("<x>")) };
      return typeof row === "object" && row !== null ? rowsOf(row, `${key}.`) : { [key]: String(row) };
    }),
  );
}
