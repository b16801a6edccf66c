// `pnpm soak [seconds]`: ten minutes unless told otherwise. Exit status 1 when something is not flat.

import { soak } from "./soak.ts";

const seconds = Number(process.argv[2] ?? 600);
if (process.platform !== "linux" || !Number.isInteger(seconds) || seconds < 10) {
  process.stderr.write("usage: pnpm soak [seconds], at least 10, on Linux\n");
  process.exit(2);
}
const { counts, residentMb, descriptors, faults } = await soak(seconds, (line) =>
  process.stdout.write(`${line}\n`),
);
const grownMb = residentMb.late - residentMb.early;
const problems = [
  ...counts.wrong.slice(0, 10),
  ...faults.slice(0, 10),
  // What a collector leaves lying for a while is below this.
  ...(grownMb > Math.max(16, residentMb.early * 0.1)
    ? [`resident memory grew by ${grownMb.toFixed(0)} MiB`]
    : []),
  ...(descriptors.after > descriptors.before + 4
    ? [`${descriptors.after - descriptors.before} descriptors left`]
    : []),
];
process.stdout.write(
  `${seconds} s: ${counts.answers} answers, ${counts.left} left in the middle, ${counts.refused} refused
resident memory ${residentMb.early.toFixed(0)} MiB early, ${residentMb.late.toFixed(0)} MiB late
descriptors ${descriptors.before} before, ${descriptors.most} at most, ${descriptors.after} after
${problems.length === 0 ? "flat" : problems.join("\n")}
`,
);
process.exitCode = problems.length === 0 ? 0 : 1;
