import type { Finding } from "@sidekit/chat-session/contract";
import { describe, expect, test } from "vitest";

import { objectsOf, runCli } from "./run-cli.ts";
import { startSidecar } from "./sidecar.ts";

describe("session", () => {
  test("create prints the client secret alone, with a warning beside it; it opens the ChatKit endpoint", async () => {
    await using sidecar = await startSidecar();
    const run = await runCli(["session", "create"], { env: { SIDEKIT_LAUNCH_TOKEN: sidecar.readyLine } });
    expect(run.status).toBe(0);
    expect(run.stdout).toMatch(/^ckss_[0-9A-Za-z]{49}\n$/);
    expect(run.stderr).toContain("credential for the next 10 minutes");
    expect(run.stderr).not.toContain(run.stdout.trim());
    const response = await fetch(`${sidecar.url}/chatkit`, {
      method: "POST",
      headers: { authorization: `Bearer ${run.stdout.trim()}`, "content-type": "application/json" },
      body: JSON.stringify({ type: "threads.list", params: {} }),
    });
    expect(await response.json()).toEqual({ data: [], has_more: false });
  });

  test("create, list, cancel, list, as objects", async () => {
    await using sidecar = await startSidecar();
    const env = { SIDEKIT_LAUNCH_TOKEN: sidecar.readyLine };
    const [created] = objectsOf((await runCli(["session", "create", "--json"], { env })).stdout);
    const id = String(created?.["id"]);
    expect(created).toMatchObject({ status: "active", profile: "default", api: { kind: "self-hosted" } });

    const [listed] = objectsOf((await runCli(["session", "list", "--json"], { env })).stdout);
    expect(listed).toMatchObject({ data: [{ id, status: "active" }] });
    expect(JSON.stringify(listed)).not.toContain("ckss_");

    const [cancelled] = objectsOf((await runCli(["session", "cancel", "--json", id], { env })).stdout);
    expect(cancelled).toMatchObject({ id, status: "cancelled" });
    const empty = await runCli(["session", "list"], { env });
    expect(empty).toMatchObject({ status: 0, stdout: "", stderr: "There are no active sessions.\n" });
  });

  test("list for a person", async () => {
    await using sidecar = await startSidecar();
    const env = { SIDEKIT_LAUNCH_TOKEN: sidecar.readyLine };
    await runCli(["session", "create"], { env });
    const run = await runCli(["session", "list"], { env });
    expect(run.stdout).toMatch(/^cksess_\S+ {2}active {2}local {2}default {2}\S+Z\n$/);
  });

  test.each([
    [["session", "create", "--profile", "nope"], "not valid"],
    [["session", "cancel", `cksess_${"0".repeat(32)}`], "nothing here by that name"],
  ])("a refusal comes in the server's words: %j", async (args, words) => {
    await using sidecar = await startSidecar();
    const run = await runCli(args, { env: { SIDEKIT_LAUNCH_TOKEN: sidecar.readyLine } });
    expect(run).toMatchObject({ status: 1, stdout: "" });
    expect(run.stderr).toContain(words);
  });
});

describe("doctor over HTTP", () => {
  test("all well: exit status 0, the key by fingerprint, no session left behind", async () => {
    await using sidecar = await startSidecar();
    const env = { SIDEKIT_LAUNCH_TOKEN: sidecar.readyLine };
    const run = await runCli(["doctor", "--json"], { env });
    expect(run.status).toBe(0);
    const [report] = objectsOf(run.stdout);
    expect(report).toMatchObject({ healthy: true });
    const findings = report?.["findings"] as { check: string; status: string }[];
    expect(findings.map(({ check }) => check)).toEqual(["runtime", "sidecar", "readiness", "session", "key"]);
    expect(run.stdout).toContain("0123456789ab");
    expect((await runCli(["session", "list"], { env })).stdout).toBe("");
  });

  test("a key that does not work: what, why, how to mend it", async () => {
    const key = { state: "no-quota", problem: "It has no quota left.", mend: "Add credit." } as const;
    await using sidecar = await startSidecar({ key });
    const run = await runCli(["doctor"], { env: { SIDEKIT_LAUNCH_TOKEN: sidecar.readyLine } });
    expect(run.status).toBe(1);
    expect(run.stdout).toMatch(
      /broken {3}The API key has no quota .*It has no quota left\.\n {9}Why it matters: .*\n {9}To mend it: Add credit\./,
    );
  });

  test("what the sidecar finds out about itself stands among the rest, and cannot steer the terminal", async () => {
    const what = "The disk of the data directory has 7 MB left.\u001b]0;owned\u0007";
    const disk: Finding = { check: "disk", status: "broken", what, why: "No room.", mend: "Make some." };
    const clock: Finding = {
      check: "upstream",
      status: "warning",
      what: "It is late.",
      why: "Time.",
      mend: null,
    };
    await using sidecar = await startSidecar({ findings: [clock, disk] });
    const env = { SIDEKIT_LAUNCH_TOKEN: sidecar.readyLine };
    const run = await runCli(["doctor"], { env });
    expect(run.status).toBe(1);
    expect(run.stdout).toContain("warning  It is late.\n         Why it matters: Time.\n");
    expect(run.stdout).toContain("broken   The disk of the data directory has 7 MB left.]0;owned\n");
    expect(run.stdout).not.toContain("\u001b");
    const json = await runCli(["doctor", "--json"], { env });
    const [report] = objectsOf(json.stdout);
    expect(report).toMatchObject({ healthy: false, findings: expect.arrayContaining([clock]) });
  });

  test("a sidecar that is not ready", async () => {
    await using sidecar = await startSidecar({ ready: false });
    const run = await runCli(["doctor"], { env: { SIDEKIT_LAUNCH_TOKEN: sidecar.readyLine } });
    expect(run.status).toBe(1);
    expect(run.stdout).toContain("not ready: sidecar ok, threads down");
  });

  test("nothing listens, and something else listens", async () => {
    const gone = await startSidecar();
    await gone[Symbol.asyncDispose]();
    const run = await runCli(["doctor"], { env: { SIDEKIT_LAUNCH_TOKEN: gone.readyLine } });
    expect(run.status).toBe(1);
    expect(run.stdout).toContain(`Nothing answers at ${gone.url}`);
  });

  test("a wrong token, and none: the sidecar is looked at all the same", async () => {
    await using sidecar = await startSidecar();
    await using other = await startSidecar();
    const wrong = await runCli(["doctor", "--url", sidecar.url], {
      env: { SIDEKIT_LAUNCH_TOKEN: other.launchToken },
    });
    expect(wrong.status).toBe(1);
    expect(wrong.stdout).toContain("is alive");
    expect(wrong.stdout).toContain("does not accept this launch token");
    const none = await runCli(["doctor", "--url", sidecar.url, "--json"]);
    expect(none.status).toBe(1);
    expect(objectsOf(none.stdout)).toMatchObject([{ healthy: false }]);
    expect(none.stdout).toContain("SIDEKIT_LAUNCH_TOKEN");
    const malformed = await runCli(["doctor", "--url", sidecar.url], {
      env: { SIDEKIT_LAUNCH_TOKEN: "canary" },
    });
    expect(malformed.stdout).toContain("not a launch token");
    expect(malformed.stdout).not.toContain("canary");
  });
});

describe("--help", () => {
  test.each([
    [[]],
    [["chat"]],
    [["session"]],
    [["session", "create"]],
    [["session", "cancel"]],
    [["doctor"]],
  ])("%j: exit status 0, on standard output, without escape sequences", async (args) => {
    const run = await runCli([...args, "--help"], { env: { SIDEKIT_LAUNCH_TOKEN: "not even looked at" } });
    expect(run).toMatchObject({ status: 0, stderr: "" });
    expect(run.stdout).not.toContain("\u001b");
    expect(run.stdout).toContain(["sidekit", ...args].join(" "));
  });

  test("names every variable, every exit status, and examples", async () => {
    const { stdout } = await runCli(["chat", "--help"]);
    for (const name of [
      "SIDEKIT_LAUNCH_TOKEN",
      "OPENAI_API_KEY",
      "OPENAI_API_KEY_FILE",
      "OPENAI_BASE_URL",
      "SIDEKIT_MODEL",
      "SIDEKIT_DATA_DIR",
      "NO_COLOR",
    ]) {
      expect(stdout).toContain(name);
    }
    expect(stdout).toContain("130 interrupted");
    expect(stdout).toContain("EXAMPLES");
  });
});
