import { expect, test } from "vitest";

import { soak } from "./soak/soak.ts";

test.skipIf(process.platform !== "linux")(
  "R11, I10: load with faults leaves no descriptor and no fault behind; pnpm soak does it for ten minutes, and looks at memory",
  async () => {
    const { counts, descriptors, faults } = await soak(15, () => {});
    expect(counts.wrong).toEqual([]);
    expect(faults).toEqual([]);
    expect(counts.answers).toBeGreaterThan(20);
    expect(counts.left).toBeGreaterThan(5);
    expect(descriptors.most).toBeGreaterThan(descriptors.before);
    expect(descriptors.after).toBeLessThanOrEqual(descriptors.before + 4);
  },
  90_000,
);
