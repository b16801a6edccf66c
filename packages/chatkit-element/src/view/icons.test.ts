import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";

import { KnownIcon, NamedIcon } from "./icons.tsx";

const known = (name: string | null) => renderToStaticMarkup(createElement(KnownIcon, { name }));

test("Lucide icons we have are drawn; others keep a neutral one in their place, and a name of nobody's has none", () => {
  expect(known("lucide:map-pin")).toContain("lucide-map-pin");
  expect(known("lucide:circle-question-mark")).toContain("lucide-circle-question-mark");
  expect(known("lucide:axolotl")).toContain("lucide-circle");
  expect(known("vendor:acme")).toBe("");
  expect(known("constructor")).toBe("");
  expect(known(null)).toBe("");
  expect(renderToStaticMarkup(createElement(NamedIcon, { name: "nonsense" }))).toContain("lucide-sparkles");
});

test("filled and turned drawings are marked for the style sheet", () => {
  expect(known("star-filled")).toContain('data-drawn="star-filled"');
  expect(known("star")).not.toContain("data-drawn");
});
