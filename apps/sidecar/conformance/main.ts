// `pnpm conformance <folder>…`: replays recorded cases of the ChatKit protocol against this server.

import { parseArgs } from "node:util";

import { type CaseFile, nameOf, readCaseFiles } from "./case-files.ts";
import { type Case, MalformedCase } from "./case-format.ts";
import { caseLine, type Result, summary } from "./report.ts";
import { runCase } from "./runner.ts";
import { type StoreKind, storeKinds } from "./stores.ts";

const exitStatus = { passed: 0, failed: 1, unusable: 2 } as const;
/** Cases wait for sockets and disks more than for the processor. */
const atATime = 4;
const progressEvery = 100;

const usage = `Usage: pnpm conformance [options] <folder or case file>…

Replays every case file (*.json) below the folders against a sidecar that is started for each case.

  --only <id>             only the case of this id; may be repeated
  --store sqlite|memory   only with this thread store; both unless told
  --verbose               a line for every case, not only for those that fail
  --help                  this text

Ends with 0 when nothing fails, 1 when a case fails, 2 when a case file or the command line cannot be used.
`;

process.exit(await main(process.argv.slice(2)));

async function main(args: string[]): Promise<number> {
  const options = readOptions(args);
  if (typeof options === "string") return refuse(options);
  if (options.help) {
    process.stdout.write(usage);
    return exitStatus.passed;
  }
  let files: CaseFile[];
  try {
    files = readCaseFiles(options.folders);
  } catch (thrown) {
    return refuse(thrown instanceof Error ? thrown.message : String(thrown));
  }
  const chosen = files.filter((file) => options.only.length === 0 || options.only.includes(nameOf(file)));
  const missing = options.only.filter((id) => !chosen.some((file) => nameOf(file) === id));
  if (missing.length > 0) return refuse(`There is no case ${missing.join(", ")}.`);
  if (chosen.length === 0) return refuse("There is no case file there.");

  const cases: Case[] = [];
  let malformed = 0;
  for (const { path, content } of chosen) {
    if (!(content instanceof MalformedCase)) cases.push(content);
    else {
      malformed++;
      say(`fail ${path}: malformed case: ${content.message}`);
    }
  }
  const results: Result[] = [];
  for (const store of options.stores) results.push(...(await runAll(cases, store, options.verbose)));
  say(summary(results, malformed));
  if (malformed > 0) return exitStatus.unusable;
  return results.some(({ outcome }) => outcome.kind === "fail") ? exitStatus.failed : exitStatus.passed;
}

async function runAll(cases: readonly Case[], store: StoreKind, verbose: boolean): Promise<Result[]> {
  const results: Result[] = [];
  const waiting = cases.values();
  const work = async () => {
    for (const testCase of waiting) {
      const { id, area, recommended } = testCase;
      const result = { id, area, recommended, store, outcome: await runCase(testCase, store) };
      results.push(result);
      if (verbose || result.outcome.kind === "fail") say(caseLine(result));
      if (results.length % progressEvery === 0 || results.length === cases.length) {
        process.stderr.write(`${store}: ${results.length} of ${cases.length}\n`);
      }
    }
  };
  await Promise.all(Array.from({ length: atATime }, work));
  return results;
}

interface Options {
  readonly folders: readonly string[];
  readonly only: readonly string[];
  readonly stores: readonly StoreKind[];
  readonly verbose: boolean;
  readonly help: boolean;
}

/** Or what is wrong with them. */
function readOptions(args: string[]): Options | string {
  let parsed;
  try {
    parsed = parseArgs({
      args,
      allowPositionals: true,
      options: {
        only: { type: "string", multiple: true, default: [] },
        store: { type: "string" },
        verbose: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown);
  }
  const { only, store, verbose, help } = parsed.values;
  const stores = store === undefined ? storeKinds : storeKinds.filter((kind) => kind === store);
  if (stores.length === 0) return `There is no store "${store}".`;
  if (parsed.positionals.length === 0 && !help) return "Name a folder with case files.";
  return { folders: parsed.positionals, only, stores, verbose, help };
}

function refuse(why: string): number {
  process.stderr.write(`${why}\n\n${usage}`);
  return exitStatus.unusable;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
