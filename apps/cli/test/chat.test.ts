import { describe, expect, test } from "vitest";

import { objectsOf, runCli, startCli } from "./run-cli.ts";
import { startSidecar } from "./sidecar.ts";

describe("one message over HTTP", () => {
  test("piped in: the answer alone is on standard output", async () => {
    await using sidecar = await startSidecar();
    const env = { SIDEKIT_LAUNCH_TOKEN: sidecar.readyLine };
    const run = await runCli(["chat"], { env, input: "hi there\n" });
    expect(run).toMatchObject({ status: 0, stdout: "You said: hi there\n" });
  });

  test("as an argument, with address and token apart", async () => {
    await using sidecar = await startSidecar();
    const env = { SIDEKIT_LAUNCH_TOKEN: sidecar.launchToken };
    const run = await runCli(["chat", "--url", sidecar.url, "hi", "there"], { env });
    expect(run).toMatchObject({ status: 0, stdout: "You said: hi there\n", stderr: "" });
  });

  test("reasoning goes to standard error, sources come last", async () => {
    await using sidecar = await startSidecar();
    const run = await runCli(["chat", "sources"], { env: { SIDEKIT_LAUNCH_TOKEN: sidecar.readyLine } });
    expect(run.stdout).toBe("You said: sources\n\nSources:\n  1. A page — https://example.com/\n");
    expect(run.stderr).toBe("· Thinking\n· about it\n");
  });

  test("--json: stream events, then how the turn ended; the thread goes on with --thread", async () => {
    await using sidecar = await startSidecar();
    const env = { SIDEKIT_LAUNCH_TOKEN: sidecar.readyLine };
    const events = objectsOf((await runCli(["chat", "--json", "one"], { env })).stdout);
    expect(events.map(({ type }) => type)).toEqual(
      expect.arrayContaining([
        "thread.created",
        "thread.item.updated",
        "thread.item.done",
        "sidekit.turn_ended",
      ]),
    );
    const ended = events.at(-1);
    expect(ended).toMatchObject({ type: "sidekit.turn_ended", outcome: "completed" });

    const more = objectsOf(
      (await runCli(["chat", "--json", "--thread", String(ended?.["thread_id"]), "two"], { env })).stdout,
    );
    expect(more.map(({ type }) => type)).not.toContain("thread.created");
    expect(more.at(-1)).toEqual({ ...ended });
  });

  test("what an answer contains cannot steer the terminal (S162)", async () => {
    await using sidecar = await startSidecar();
    const env = { SIDEKIT_LAUNCH_TOKEN: sidecar.readyLine };
    const shown = await runCli(["chat", "escape"], { env });
    expect(shown.stdout).toBe("]0;ownedplain2J\n");
    const json = await runCli(["chat", "--json", "escape"], { env });
    // eslint-disable-next-line no-control-regex -- the test is about them
    expect(json.stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  });
});

describe("what goes wrong", () => {
  test("an answer that breaks off: what came, why, exit status 1", async () => {
    await using sidecar = await startSidecar();
    const env = { SIDEKIT_LAUNCH_TOKEN: sidecar.readyLine };
    const run = await runCli(["chat", "fail"], { env });
    expect(run).toMatchObject({ status: 1, stdout: "You said: fail\n" });
    expect(run.stderr).toBe("The model is busy. Try again in a moment. Send it again to retry.\n");

    const events = objectsOf((await runCli(["chat", "--json", "fail"], { env })).stdout);
    expect(events.slice(-2)).toMatchObject([
      { type: "sidekit.error", message: expect.stringContaining("busy") },
      { type: "sidekit.turn_ended", outcome: "failed" },
    ]);
  });

  test("a wrong launch token", async () => {
    await using sidecar = await startSidecar();
    await using other = await startSidecar();
    const env = { SIDEKIT_LAUNCH_TOKEN: other.launchToken };
    const run = await runCli(["chat", "--url", sidecar.url, "hi"], { env });
    expect(run).toMatchObject({ status: 1, stdout: "" });
    expect(run.stderr).toContain("does not accept this launch token");
    expect(run.stderr).not.toContain(other.launchToken);
  });

  test("a token of another sidecar's ready line is not sent", async () => {
    await using sidecar = await startSidecar();
    await using other = await startSidecar();
    const run = await runCli(["chat", "--url", sidecar.url, "hi"], {
      env: { SIDEKIT_LAUNCH_TOKEN: other.readyLine },
    });
    expect(run.status).toBe(1);
    expect(run.stderr).toContain("another address");
  });

  test("no launch token, and nobody to ask", async () => {
    const run = await runCli(["chat", "hi"]);
    expect(run.status).toBe(1);
    expect(run.stderr).toContain("SIDEKIT_LAUNCH_TOKEN");
  });

  test("nothing listens", async () => {
    const gone = await startSidecar();
    await gone[Symbol.asyncDispose]();
    const run = await runCli(["chat", "hi"], { env: { SIDEKIT_LAUNCH_TOKEN: gone.readyLine } });
    expect(run.status).toBe(1);
    expect(run.stderr).toContain(`Nothing answers at ${gone.url}. Start the sidecar`);
  });

  test("a thread that is not there", async () => {
    await using sidecar = await startSidecar();
    const env = { SIDEKIT_LAUNCH_TOKEN: sidecar.readyLine };
    const run = await runCli(["chat", "--thread", "thr_nope", "hi"], { env });
    expect(run).toMatchObject({ status: 1, stdout: "", stderr: "There is no such thread.\n" });
  });

  test.each([
    [["chat", "--url", "nonsense", "hi"], "--url must be"],
    [["chat", "--url", "http://example.com", "hi"], "--url must use https"],
    [["chat"], "no message"],
    [["chta"], "chta"],
    [["chat", "--frobnicate"], "--frobnicate"],
    [["chat", "--token", "hunter2"], "may not stand on the command line"],
  ])("wrong usage is one sentence and exit status 2: %j", async (args, words) => {
    const run = await runCli(args);
    expect(run).toMatchObject({ status: 2, stdout: "" });
    expect(run.stderr).toContain(words);
    expect(run.stderr.trim()).not.toContain("\n");
    expect(run.stderr).not.toContain("hunter2");
    const json = await runCli([args[0] ?? "", "--json", ...args.slice(1)]);
    expect(json.status).toBe(2);
    expect(objectsOf(json.stdout)).toMatchObject([{ type: "sidekit.error" }]);
  });
});

describe("Ctrl-C in the middle of an answer", () => {
  test("the first stops the run on the server, keeps what came, and ends with 130", async () => {
    await using sidecar = await startSidecar();
    const run = startCli(["chat", "hold"], { env: { SIDEKIT_LAUNCH_TOKEN: sidecar.readyLine } });
    await run.seen("You said: hold");
    run.child.kill("SIGINT");
    const ended = await run.ended;
    expect(ended).toMatchObject({ status: 130, stdout: "You said: hold\n", stderr: "Stopped.\n" });
    expect(sidecar.stops).toHaveLength(1);
    expect(sidecar.stopped.count).toBe(1);
  });

  test("the second leaves at once, when the stop itself hangs", async () => {
    await using sidecar = await startSidecar({ stopsHang: true });
    const run = startCli(["chat", "hold"], { env: { SIDEKIT_LAUNCH_TOKEN: sidecar.readyLine } });
    await run.seen("You said: hold");
    run.child.kill("SIGINT");
    await run.seen("Stopped.");
    const secondAt = performance.now();
    run.child.kill("SIGINT");
    expect(await run.ended).toMatchObject({ status: 130 });
    expect(performance.now() - secondAt).toBeLessThan(1_500);
  });

  test("--json says that the turn was stopped", async () => {
    await using sidecar = await startSidecar();
    const run = startCli(["chat", "--json", "hold"], { env: { SIDEKIT_LAUNCH_TOKEN: sidecar.readyLine } });
    await run.seen("You said: hold");
    run.child.kill("SIGINT");
    expect(objectsOf((await run.ended).stdout).at(-1)).toMatchObject({ outcome: "stopped" });
  });
});
