// docs/security.md out of docs/security/*.json and the titles of all tests: a requirement without a test shows.

import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { z } from "zod";

import { root } from "../doc-examples.ts";

export const securityTableFile = join(root, "docs/security.md");

const shownTests = 6;
const maxTitleChars = 90;
const testFiles = ["{packages,apps,e2e}/**/*.{test,suite}.{ts,tsx}"];
/** A title begins with the numbers that it proves, or has them in parentheses: `S46, S47: …`, `… (R10)`. */
const leading = /^((?:[A-Z]\d{1,3}(?:, )?)+): /;
const inParentheses = /\(((?:[A-Z]\d{1,3}(?:, )?)+)\)/g;
/** What a test or a group of tests is called with: no other text of a test file proves anything. */
const title =
  /(?<=\b(?:test|it|describe|storeTest)(?:\.\w+)*\(\s*|\)\(\s*)(?:"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\\n]|\\.)*)`)/g;
/** What stands for a value in a title. */
const placeholder = /\$\{[^}]*\}|%[sdifjoO#]/g;

const chapter = z.strictObject({
  title: z.string(),
  requirements: z.array(
    z.strictObject({
      id: z.string().regex(/^[SR]\d{1,3}$/),
      what: z.string().min(3),
      /** None: met, which its tests show. */
      status: z.enum(["partly", "not-applicable", "deviates"]).optional(),
      /** What is missing, or why it is not so here. */
      note: z.string().min(10).optional(),
    }),
  ),
});

const words = {
  partly: "partly",
  "not-applicable": "not applicable",
  deviates: "decided otherwise",
} as const;

export interface ProvingTest {
  readonly file: string;
  readonly title: string;
}

export interface SecurityTable {
  /** What docs/security.md has to hold. */
  readonly text: string;
  /** Ids in the order of the files. */
  readonly ids: readonly string[];
  /** Those that are met by their status and proven by no test. */
  readonly missing: readonly string[];
  /** Numbers that tests name and no file lists. */
  readonly unknown: readonly string[];
}

/** Throws when a file is not of the form. */
export function securityTable(): SecurityTable {
  const proofs = testsByRequirement();
  const chapters = globSync("docs/security/*.json", { cwd: root })
    .toSorted()
    .map((file) => chapter.parse(JSON.parse(readFileSync(join(root, file), "utf8"))));
  const requirements = chapters.flatMap((one) => one.requirements);
  const ids = requirements.map(({ id }) => id);
  const missing = requirements
    .filter(({ id, status }) => status === undefined && !proofs.has(id))
    .map(({ id }) => id);
  const counted = new Map<string, number>();
  const tables = chapters.map(({ title, requirements: rows }) => {
    const lines = rows.map(({ id, what, status, note = "" }) => {
      const tests = proofs.get(id) ?? [];
      const state = status === undefined ? (tests.length === 0 ? "**missing**" : "met") : words[status];
      counted.set(state, (counted.get(state) ?? 0) + 1);
      return `| ${id} | ${what} | ${proofsCell(tests)} | ${[state, note].filter((part) => part !== "").join(": ")} |`;
    });
    return `## ${title}\n\n| | Requirement | Tests | Status |\n| --- | --- | --- | --- |\n${lines.join("\n")}\n`;
  });
  const counts = [...counted].map(([state, count]) => `${count} ${state}`).join(", ");
  return {
    text: `${introduction(counts)}\n${tables.join("\n")}`,
    ids,
    missing,
    unknown: [...proofs.keys()].filter((id) => !ids.includes(id)),
  };
}

function introduction(counts: string): string {
  return `# Security and reliability requirements

What this server holds itself to, and the tests that show it. The page is made by \`pnpm docs:security\` from the files in
[docs/security](security) and the titles of all tests, each of which begins with the numbers that it proves; a test fails when
a requirement has neither a test nor a reason. S numbers are about security, R numbers about reliability.

${counts}.

A weakness is best reported to the owners of the repository, in private, with what it takes to see it.
`;
}

function testsByRequirement(): Map<string, ProvingTest[]> {
  const found = new Map<string, ProvingTest[]>();
  const exclude = (path: string) => path.includes("node_modules");
  for (const file of globSync(testFiles, { cwd: root, exclude }).toSorted()) {
    for (const [, quoted, templated] of readFileSync(join(root, file), "utf8").matchAll(title)) {
      const given = quoted ?? templated ?? "";
      for (const id of numbersIn(given)) {
        const tests = found.get(id) ?? [];
        found.set(id, [...tests, { file, title: given.replace(leading, "") }]);
      }
    }
  }
  return found;
}

function numbersIn(title: string): string[] {
  const lists = [leading.exec(title)?.[1], ...[...title.matchAll(inParentheses)].map(([, list]) => list)];
  return [...new Set(lists.flatMap((list) => list?.split(", ") ?? []))].filter((id) => /^[SR]/.test(id));
}

function proofsCell(tests: readonly ProvingTest[]): string {
  const shown = tests.slice(0, shownTests).map(({ file, title }) => `[${short(title)}](../${file})`);
  const more = tests.length > shownTests ? [`and ${tests.length - shownTests} more`] : [];
  return [...shown, ...more].join("<br>");
}

/** Fit for a cell and a link. */
function short(title: string): string {
  const whole = title.replaceAll(placeholder, "…");
  const text = whole.length > maxTitleChars ? `${whole.slice(0, maxTitleChars)}…` : whole;
  return text.replaceAll(/[\\[\]|<>*_`]/g, "\\$&");
}
