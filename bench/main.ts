// `pnpm bench [name]`: runs the measurements one after another, prints ratios, keeps the samples.

import { createSessionBench } from "./http/create-session.ts";
import { streamBench } from "./http/stream.ts";
import { describeMachine } from "./machine.ts";
import { formatReport, writeReport, type Benchmark } from "./report.ts";

const benchmarks: Readonly<Record<string, Benchmark>> = {
  "create-session": createSessionBench,
  stream: streamBench,
};

const [wanted] = process.argv.slice(2);
if (wanted !== undefined && !Object.hasOwn(benchmarks, wanted)) {
  process.stderr.write(
    `There is no benchmark ${wanted}. There are: ${Object.keys(benchmarks).join(", ")}.\n`,
  );
  process.exit(2);
}

for (const [name, benchmark] of Object.entries(benchmarks)) {
  if (wanted !== undefined && name !== wanted) continue;
  process.stdout.write(`${name}: ${benchmark.compares}\n`);
  const report = { name, ...benchmark.labels, machine: describeMachine(), comparison: await benchmark.run() };
  process.stdout.write(`${formatReport(report)}\n`);
  process.stdout.write(`  samples in ${writeReport(report)}\n\n`);
}
