// The variables of what users may use: off unless set.

import { z } from "zod";

const bound = z
  .string()
  .regex(/^\d{1,12}$/, "must be a whole number")
  .transform(Number)
  .pipe(z.number().min(1, "must be at least 1"))
  .optional();

/** The variables of this subject. */
export const budgetSettings = {
  SIDEKIT_USER_REQUESTS_PER_DAY: bound.describe(
    "Answers and recordings that one user may begin on a day, UTC.",
  ),
  SIDEKIT_USER_TOKENS_PER_DAY: bound.describe("Tokens that the answers to one user may take on a day, UTC."),
  SIDEKIT_SESSION_REQUESTS: bound.describe("Answers and recordings that one session may begin."),
  SIDEKIT_SESSION_TOKENS: bound.describe("Tokens that the answers in one session may take."),
};

/** Null: without a bound. */
export interface Bounds {
  readonly requests: number | null;
  readonly tokens: number | null;
}

export interface BudgetConfig {
  readonly userDay: Bounds;
  readonly session: Bounds;
}

export function parseBudgets(values: {
  readonly [Name in keyof typeof budgetSettings]?: number | undefined;
}): BudgetConfig {
  return {
    userDay: {
      requests: values.SIDEKIT_USER_REQUESTS_PER_DAY ?? null,
      tokens: values.SIDEKIT_USER_TOKENS_PER_DAY ?? null,
    },
    session: {
      requests: values.SIDEKIT_SESSION_REQUESTS ?? null,
      tokens: values.SIDEKIT_SESSION_TOKENS ?? null,
    },
  };
}
