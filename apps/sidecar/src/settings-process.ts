// What may not be true of a process that serves people: an open debugger, memory images on demand, an almighty user.

import { z } from "zod";

import type { SettingProblem } from "./setting-problems.ts";

/** Facts of the process beside its variables. */
export interface ProcessFacts {
  /** Options that Node was started with. */
  readonly nodeArguments: readonly string[];
  /** Null where users have no number. */
  readonly userId: number | null;
}

/** For whoever parses settings without starting anything. */
export const noProcess: ProcessFacts = { nodeArguments: [], userId: null };

/** The variables of this subject. */
export const processSettings = {
  NODE_ENV: z
    .string()
    .optional()
    .transform((value) => (value === "development" ? ("development" as const) : ("production" as const)))
    .describe("`development` lets a debugger in; anything else, and nothing, is `production`."),
  SIDEKIT_ALLOW_ROOT: z
    .enum(["yes", "no"])
    .default("no")
    .describe("`yes` starts as root too: for containers that have no other user."),
};

/** Open a way into the process, or write its memory to a file (S168, S169). */
const debugging = /^--(?:inspect|debug|heapsnapshot-|heap-prof|cpu-prof|report-|abort-on-uncaught-exception)/;

/** All that keeps a process with these facts from starting. No value is repeated. */
export function processProblems(
  values: { readonly NODE_ENV: "development" | "production"; readonly SIDEKIT_ALLOW_ROOT: "yes" | "no" },
  variables: Readonly<Record<string, string | undefined>>,
  { nodeArguments, userId }: ProcessFacts,
): SettingProblem[] {
  const problems: SettingProblem[] = [];
  const nodeOptions = variables["NODE_OPTIONS"] ?? "";
  if (variables["NODE_TLS_REJECT_UNAUTHORIZED"] === "0") {
    problems.push({
      setting: "NODE_TLS_REJECT_UNAUTHORIZED",
      problem:
        "may not switch the verification of certificates off; NODE_EXTRA_CA_CERTS names an authority of your own",
    });
  }
  const inProduction = "may not open a debugger or write memory to files, unless NODE_ENV is development";
  if (values.NODE_ENV === "production") {
    if (nodeArguments.some((argument) => debugging.test(argument)))
      problems.push({ setting: "The command line of Node", problem: inProduction });
    if (nodeOptions.split(/[\s"']+/).some((option) => debugging.test(option)))
      problems.push({ setting: "NODE_OPTIONS", problem: inProduction });
  }
  if (userId === 0 && values.SIDEKIT_ALLOW_ROOT === "no") {
    problems.push({
      setting: "SIDEKIT_ALLOW_ROOT",
      problem: "has to be yes to start as root. Better: start as a user of its own",
    });
  }
  return problems;
}
