// `pnpm bench [name]`: runs the measurements one after another, prints figures and ratios, keeps the samples.

import { createSessionBench } from "./http/create-session.ts";
import { pacedStreamBench } from "./http/stream-paced.ts";
import { stalledStreamBench } from "./http/stream-stalled.ts";
import { streamBench } from "./http/stream.ts";
import { describeMachine } from "./machine.ts";
import { formatSection, writeReport, type Benchmark } from "./report.ts";

const benchmarks: Readonly<Record<string, Benchmark>> = {
  "create-session": createSessionBench,
  stream: streamBench,
  "stream-paced": pacedStreamBench,
  "stream-stalled": stalledStreamBench,
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
  const report = { name, machine: describeMachine(), sections: await benchmark.run() };
  for (const section of report.sections) process.stdout.write(`${formatSection(section)}\n`);
  process.stdout.write(`  samples in ${writeReport(report)}\n\n`);
}
