// What has been used on each day, in SQL: one statement looks at the bound and counts, so that two never pass it together.

import type { UsageStore } from "../ports.ts";
import type { SqlRunner } from "./sql-queries.ts";
import type { Statements } from "./sql-statements.ts";

export function createSqlUsageStore(
  statements: Pick<Statements, "addUsage" | "forgetUsage">,
  runner: SqlRunner,
): UsageStore {
  return {
    async addUsage({ tenant, user }, day, used, below, signal) {
      const values = {
        tenant,
        owner: user,
        day,
        requests: used.requests,
        tokens: used.tokens,
        belowRequests: below?.requests ?? Number.MAX_SAFE_INTEGER,
        belowTokens: below?.tokens ?? Number.MAX_SAFE_INTEGER,
      };
      const added = await runner.write([{ statement: statements.addUsage, values }], signal);
      return added.length > 0;
    },
    async forgetUsage(beforeDay, signal) {
      await runner.write([{ statement: statements.forgetUsage, values: { day: beforeDay } }], signal);
    },
  };
}
