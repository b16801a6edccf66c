// A measurement as text for a person and as a file for later.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { median, type Comparison } from "./comparison.ts";
import type { Machine } from "./machine.ts";

export interface Benchmark {
  /** What is measured against what, in one line. */
  readonly compares: string;
  readonly labels: { readonly subject: string; readonly reference: string; readonly unit: string };
  run(): Promise<Comparison>;
}

export interface Report {
  readonly name: string;
  readonly subject: string;
  readonly reference: string;
  readonly unit: string;
  readonly machine: Machine;
  readonly comparison: Comparison;
}

const folder = "bench/results";

export function formatReport(report: Report): string {
  const { comparison, unit } = report;
  return [
    `  ${report.subject.padEnd(44)} ${spread(comparison.subject)} ${unit}`,
    `  ${report.reference.padEnd(44)} ${spread(comparison.reference)} ${unit}`,
    `  ratio, median of ${comparison.ratios.length} pairs`.padEnd(46) + ` ${spread(comparison.ratios)}`,
  ].join("\n");
}

/** Returns where it is, seen from the root of the workspace. */
export function writeReport(report: Report): string {
  const { comparison, ...facts } = report;
  const path = join(folder, `${report.name}.json`);
  const root = join(import.meta.dirname, "..");
  mkdirSync(join(root, folder), { recursive: true });
  const summary = {
    subject: summarise(comparison.subject),
    reference: summarise(comparison.reference),
    ratio: summarise(comparison.ratios),
  };
  writeFileSync(join(root, path), `${JSON.stringify({ ...facts, summary, samples: comparison }, null, 2)}\n`);
  return path;
}

function spread(samples: readonly number[]): string {
  const { median: middle, min, max } = summarise(samples);
  return `${middle} (${min} to ${max})`;
}

function summarise(samples: readonly number[]) {
  return {
    median: rounded(median(samples)),
    min: rounded(Math.min(...samples)),
    max: rounded(Math.max(...samples)),
  };
}

function rounded(value: number): number {
  return value >= 100 ? Math.round(value) : Math.round(value * 1000) / 1000;
}
