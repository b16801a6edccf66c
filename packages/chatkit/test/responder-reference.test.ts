import { readFileSync } from "node:fs";

import * as kit from "@sidekit/chatkit/responder-kit";
import { expect, test } from "vitest";

import { declarationsOf, referenceFile, responderReference } from "../reference/responder-reference.ts";

test("docs/responders/reference.md is what the source says; `pnpm docs:reference` writes it", async () => {
  expect(readFileSync(referenceFile, "utf8")).toBe(await responderReference());
}, 60_000);

test("everything that the kit exports has its section", () => {
  const sections = [...readFileSync(referenceFile, "utf8").matchAll(/^### `(\w+)`$/gm)].map(
    ([, name]) => name,
  );
  expect(sections).toEqual(expect.arrayContaining(Object.keys(kit)));
});

test("a declaration keeps its comment, and loses what only a declaration file needs", () => {
  const file = [
    'import type { Turn } from "./ports.ts";',
    "type Inner = 1;",
    "/** Of nobody. */",
    "declare const hidden: 1;",
    "/**",
    " * Says so,",
    " * twice.",
    " */",
    "export declare function say(turn: Turn, options?: {",
    "    readonly loud?: boolean;",
    "}): void;",
    "export type Plain = 2;",
  ].join("\n");
  expect(declarationsOf(file)).toEqual([
    {
      name: "say",
      comment: "Says so,\ntwice.",
      code: "function say(turn: Turn, options?: {\n  readonly loud?: boolean;\n}): void;",
    },
    { name: "Plain", comment: "", code: "type Plain = 2;" },
  ]);
});
