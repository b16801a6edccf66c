import { describe, expect, test } from "vitest";

import { createExamination, type Check } from "./examination.ts";
import { descriptorCheck, diskCheck } from "./machine-checks.ts";

const signal = AbortSignal.timeout(10_000);

describe("an examination", () => {
  test("has the findings in the order of the checks, whatever becomes of each", async () => {
    const checks: Check[] = [
      { name: "silent", why: "Silence.", run: () => new Promise(() => {}) },
      { name: "failing", why: "Failure.", run: async () => Promise.reject(new Error("canary")) },
      { name: "well", why: "Unsaid.", run: async () => [{ status: "ok", what: "All is well." }] },
    ];
    const begun = performance.now();
    const findings = await createExamination(checks, 50)(signal);
    expect(performance.now() - begun).toBeLessThan(5_000);
    expect(findings).toMatchObject([
      { check: "silent", status: "warning", what: "This check did not end in time.", why: "Silence." },
      { check: "failing", status: "warning", what: "This check could not be carried out.", why: "Failure." },
      { check: "well", status: "ok", why: null, mend: null },
    ]);
    expect(JSON.stringify(findings)).not.toContain("canary");
  });
});

describe("the machine", () => {
  test.each([
    [5_000, "ok"],
    [500, "warning"],
    [50, "broken"],
  ])("with %i MB of free disk: %s", async (free, status) => {
    const check = diskCheck("/", async () => free);
    expect(await check.run(signal)).toMatchObject([{ status, what: expect.stringContaining(`${free} MB`) }]);
  });

  test.each([
    [{ limit: 20_000, open: 40 }, "ok"],
    [{ limit: 300, open: 40 }, "warning"],
    [{ limit: 400, open: 399 }, "warning"],
  ])("R64: with %o file descriptors for 256 connections: %s", async (usage, status) => {
    const check = descriptorCheck(256, async () => usage);
    expect(await check.run(signal)).toMatchObject([{ status }]);
  });

  test("a system that does not tell its descriptors has no finding about them", async () => {
    expect(await descriptorCheck(256, async () => null).run(signal)).toEqual([]);
  });
});
