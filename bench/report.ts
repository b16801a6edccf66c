// A measurement as text for a person and as a file for later.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { quantile } from "./comparison.ts";
import type { Machine } from "./machine.ts";

export interface Benchmark {
  /** What is measured against what, in one line. */
  readonly compares: string;
  run(): Promise<readonly Section[]>;
}

export interface Section {
  readonly title: string;
  readonly figures: readonly Figure[];
}

export interface Figure {
  readonly name: string;
  readonly unit: string;
  /** One per round, in the order taken. */
  readonly samples: readonly number[];
  /** What the median is to reach. */
  readonly target?: Target;
}

export type Target = { readonly atLeast: number } | { readonly atMost: number };

export interface Report {
  readonly name: string;
  readonly machine: Machine;
  readonly sections: readonly Section[];
}

const folder = "bench/results";

export function formatSection({ title, figures }: Section): string {
  return [`  ${title}`, ...figures.map((figure) => `    ${formatFigure(figure)}`)].join("\n");
}

/** Returns where it is, seen from the root of the workspace. */
export function writeReport({ sections, ...facts }: Report): string {
  const path = join(folder, `${facts.name}.json`);
  const root = join(import.meta.dirname, "..");
  mkdirSync(join(root, folder), { recursive: true });
  const summarised = sections.map(({ title, figures }) => ({
    title,
    figures: figures.map(({ samples, ...figure }) => ({ ...figure, ...summarise(samples), samples })),
  }));
  writeFileSync(join(root, path), `${JSON.stringify({ ...facts, sections: summarised }, null, 2)}\n`);
  return path;
}

function formatFigure({ name, unit, samples, target }: Figure): string {
  const { median, min, max } = summarise(samples);
  const figure = `${name.padEnd(48)} ${median} (${min} to ${max}) ${unit}`.trimEnd();
  if (target === undefined) return figure;
  const wanted = "atLeast" in target ? `at least ${target.atLeast}` : `at most ${target.atMost}`;
  const reached = "atLeast" in target ? median >= target.atLeast : median <= target.atMost;
  return `${figure}; target ${wanted}, ${reached ? "met" : "missed"}`;
}

function summarise(samples: readonly number[]) {
  return {
    median: rounded(quantile(samples, 0.5)),
    min: rounded(Math.min(...samples)),
    max: rounded(Math.max(...samples)),
  };
}

function rounded(value: number): number {
  return value >= 100 ? Math.round(value) : Math.round(value * 1000) / 1000;
}
