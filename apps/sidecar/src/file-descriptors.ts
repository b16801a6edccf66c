import { report } from "node:process";

import { z } from "zod";

/** `unlimited`, or not known on this system. */
const limit = z.object({ userLimits: z.object({ open_files: z.object({ soft: z.number() }) }) });

/** How many files this process may have open; Infinity where the system sets no bound. */
export function descriptorLimit(): number {
  // Names of hosts and variables are neither needed nor cheap. The types do not know the first of them.
  Object.assign(report, { excludeNetwork: true, excludeEnv: true });
  const known = limit.safeParse(report.getReport());
  return known.success ? known.data.userLimits.open_files.soft : Infinity;
}
