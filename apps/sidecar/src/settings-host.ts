// The setting of a sidecar that another program starts: where the channel to that program is.

import { z } from "zod";

import type { KeyConfig } from "./settings-keys.ts";
import type { SettingProblem } from "./setting-problems.ts";

export const hostSettings = {
  SIDEKIT_HANDOFF_FD: z
    .string()
    .regex(/^([3-9]|[1-9]\d)$/, "must be the number of a descriptor, 3 to 99")
    .transform(Number)
    .optional()
    .describe("Descriptor of the channel to the program that started the sidecar; see `docs/desktop.md`."),
};

/** A key that nobody can hand over would be missing for good. */
export function handoffProblems(
  { SIDEKIT_HANDOFF_FD: fd }: { readonly SIDEKIT_HANDOFF_FD?: number | undefined },
  keys: readonly KeyConfig[],
): SettingProblem[] {
  if (fd !== undefined) return [];
  return keys
    .filter(({ source }) => source.kind === "host")
    .map(({ setting }) => ({
      setting,
      problem: "needs SIDEKIT_HANDOFF_FD, which the program that starts the sidecar sets",
    }));
}
