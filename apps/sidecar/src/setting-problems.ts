/** One thing wrong with the settings, without the value. */
export interface SettingProblem {
  readonly setting: string;
  readonly problem: string;
}

/** A line per problem, fit for a terminal. */
export function formatProblems(problems: readonly SettingProblem[]): string {
  return problems.map(({ setting, problem }) => `${setting} ${problem}.`).join("\n");
}
