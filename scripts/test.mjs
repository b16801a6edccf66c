// `npm test`: every check of the repository, and as the last line what the test runner counted.

import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

import { findRuntime, install, root, runTool, say } from "./runtime.mjs";

const reportDir = join(root, ".reports");
/** Suites that start processes and browsers run by themselves: they measure waits. */
const suites = [
  { name: "unit", args: ["--project=!@sidekit/e2e"] },
  { name: "e2e", args: ["--project=@sidekit/e2e", "--no-file-parallelism"] },
];

const runtime = findRuntime();
install(runtime);
rmSync(reportDir, { recursive: true, force: true });
mkdirSync(reportDir, { recursive: true });

const failedChecks = [];
const check = async (name, tool, args) => {
  say(`\n— ${name}`);
  if ((await runTool(runtime, tool, args)) !== 0) failedChecks.push(name);
};
await check("lint", "oxlint", ["--deny-warnings"]);
await check("format", "oxfmt", ["--check"]);
await check("types", "turbo", ["run", "typecheck", "--output-logs=errors-only"]);
await check("build", "turbo", ["run", "build", "--output-logs=errors-only"]);

const counts = { passed: 0, failed: failedChecks.length, skipped: 0 };
for (const suite of suites) {
  const outputFile = join(reportDir, `${suite.name}.json`);
  say(`\n— ${suite.name} tests`);
  const status = await runTool(
    runtime,
    "vitest",
    ["run", ...suite.args, "--reporter=default", "--reporter=json", `--outputFile.json=${outputFile}`],
    // The path the command was started with, for the test that starts it from a fresh clone.
    { env: { TEST_OUTER_PATH: process.env.PATH } },
  );
  addCounts(counts, suite.name, outputFile, status);
}

if (failedChecks.length > 0) say(`\nFailed checks: ${failedChecks.join(", ")}`);
if (counts.passed === 0) counts.failed = Math.max(1, counts.failed);
if (counts.skipped > 0) say(`${counts.skipped} skipped: what they need is not on this machine.`);
process.stdout.write(`${counts.passed} passed, ${counts.failed} failed\n`);
process.exit(counts.failed === 0 ? 0 : 1);

/** A runner that fails without a failed test (a file that does not load, an unhandled rejection) counts as one. */
function addCounts(total, name, outputFile, status) {
  let report;
  try {
    report = JSON.parse(readFileSync(outputFile, "utf8"));
  } catch {
    say(`The ${name} tests left no report.`);
    total.failed += 1;
    return;
  }
  total.passed += report.numPassedTests;
  total.skipped += report.numPendingTests + report.numTodoTests;
  const failed = Math.max(report.numFailedTests, report.numFailedTestSuites > 0 ? 1 : 0);
  total.failed += status !== 0 ? Math.max(1, failed) : failed;
}
