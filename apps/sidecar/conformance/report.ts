// What a run says: a line per case that is worth one, counts per area, what was left out and why, and the sum.

import type { Json } from "@sidekit/chatkit/protocol";

import type { Mismatch } from "./match.ts";
import { leftOut, type Outcome } from "./runner.ts";
import type { StoreKind } from "./stores.ts";

const maxValueChars = 400;

export interface Result {
  readonly id: string;
  readonly area: string;
  readonly recommended: boolean;
  readonly store: StoreKind;
  readonly outcome: Outcome;
}

/** Such as `fail sqlite K17 (recommended/lists): steps[1].expect: expected …, got …`. */
export function caseLine({ id, area, recommended, store, outcome }: Result): string {
  const head = `${outcome.kind} ${store} ${id} (${groupOf(recommended)}/${area})`;
  if (outcome.kind === "pass") return head;
  if (outcome.kind === "skip") return `${head}: ${outcome.tag}`;
  return `${head}: ${"fault" in outcome ? shortened(outcome.fault) : difference(outcome.mismatch)}`;
}

export function summary(results: readonly Result[], malformed: number): string {
  const counted = (kind: Outcome["kind"]) => results.filter(({ outcome }) => outcome.kind === kind).length;
  const last = `${counted("pass")} passed, ${counted("fail") + malformed} failed, ${counted("skip")} skipped`;
  return [...areaLines(results), ...skipLines(results), last].join("\n");
}

function areaLines(results: readonly Result[]): string[] {
  const stores = [...new Set(results.map(({ store }) => store))];
  const lines: string[] = [];
  for (const recommended of [false, true]) {
    const group = results.filter((result) => result.recommended === recommended);
    const areas = [...new Set(group.map(({ area }) => area))].sort();
    for (const area of [...areas, ...(areas.length > 0 ? ["all"] : [])]) {
      const counts = stores.map((store) => {
        const own = group.filter(
          (result) => result.store === store && (area === "all" || result.area === area),
        );
        return `${store} ${countsOf(own)}`;
      });
      lines.push(`${`${groupOf(recommended)}/${area}`.padEnd(36)} ${counts.join("   ")}`);
    }
  }
  return lines;
}

function countsOf(results: readonly Result[]): string {
  const kinds = ["pass", "fail", "skip"] as const;
  return kinds
    .map((kind) => `${results.filter(({ outcome }) => outcome.kind === kind).length} ${kind}`.padStart(8))
    .join("");
}

function skipLines(results: readonly Result[]): string[] {
  const counts = new Map<string, number>();
  for (const { outcome } of results) {
    if (outcome.kind === "skip") counts.set(outcome.tag, (counts.get(outcome.tag) ?? 0) + 1);
  }
  return [...counts].map(
    ([tag, count]) => `left out: ${count} × ${tag}, because ${leftOut[tag] ?? "of its policy"}`,
  );
}

function difference({ path, expected, actual }: Mismatch): string {
  return `${path}: expected ${valueText(expected)}, got ${valueText(actual)}`;
}

function valueText(value: Json | undefined): string {
  return value === undefined ? "nothing" : shortened(JSON.stringify(value));
}

function shortened(text: string): string {
  const line = text.replaceAll(/\s*\n\s*/g, " ");
  return line.length <= maxValueChars ? line : `${line.slice(0, maxValueChars)}…`;
}

function groupOf(recommended: boolean): string {
  return recommended ? "recommended" : "cases";
}
