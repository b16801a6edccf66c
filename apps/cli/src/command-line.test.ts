import { describe, expect, test } from "vitest";

import { parseCommandLine, wantsJson } from "./command-line.ts";
import { CliError, exitStatus } from "./errors.ts";

const token = `ckbs_${"0".repeat(43)}1K2Qwh`;

function refusalOf(...argv: string[]): CliError {
  try {
    parseCommandLine(argv);
  } catch (error) {
    if (error instanceof CliError) return error;
    throw error;
  }
  throw new Error("The arguments were accepted.");
}

describe("what is understood", () => {
  test("a conversation, with nothing but the defaults", () => {
    expect(parseCommandLine(["chat"])).toEqual({
      name: "chat",
      message: null,
      thread: null,
      profile: null,
      target: { kind: "remote", url: null },
    });
  });

  test("a message of several words, options on either side of it", () => {
    expect(parseCommandLine(["chat", "--local", "tell", "me", "--thread=thr_1"])).toMatchObject({
      message: "tell me",
      thread: "thr_1",
      target: { kind: "local" },
    });
  });

  test("a message that looks like an option, after --", () => {
    expect(parseCommandLine(["chat", "--", "--local"])).toMatchObject({
      message: "--local",
      target: { kind: "remote", url: null },
    });
    expect(wantsJson(["chat", "--", "--json"])).toBe(false);
  });

  test("session commands and doctor", () => {
    expect(parseCommandLine(["session", "create", "--profile", "fast"])).toMatchObject({ profile: "fast" });
    expect(parseCommandLine(["session", "list", "--url", "http://127.0.0.1:1"])).toMatchObject({
      name: "session list",
      target: { kind: "remote", url: "http://127.0.0.1:1" },
    });
    expect(parseCommandLine(["session", "cancel", "cksess_1"])).toMatchObject({ sessionId: "cksess_1" });
    expect(parseCommandLine(["doctor", "--local"])).toMatchObject({
      name: "doctor",
      target: { kind: "local" },
    });
  });

  test.each([
    [[], ""],
    [["--help"], ""],
    [["-h"], ""],
    [["chat", "-h"], "chat"],
    [["session", "--help"], "session"],
    [["session", "cancel", "--help"], "session cancel"],
    [["session", "create", "--help"], "session create"],
    [["session", "list", "-h"], "session list"],
    [["doctor", "--help"], "doctor"],
  ])("help: %j", (argv, of) => {
    expect(parseCommandLine(argv)).toEqual({ name: "help", of });
  });
});

describe("what is refused", () => {
  test.each([
    [["chta"], "unknown_command", "chta"],
    [["session", "make"], "unknown_command", "session make"],
    [["session"], "missing_command", "session"],
    [["--frobnicate"], "unknown_option", "--frobnicate"],
    [["chat", "--frobnicate", "hi"], "unknown_option", "--frobnicate"],
    [["chat", "--no-json"], "unknown_option", "--no-json"],
    [["chat", "-x"], "unknown_option", "-x"],
    [["doctor", "--thread", "t"], "unknown_option", "--thread"],
    [["chat", "--url"], "option_needs_value", "--url"],
    [["chat", "--url="], "option_needs_value", "--url"],
    [["chat", "--url", "--json"], "option_needs_value", "--url"],
    [["chat", "--local=yes"], "option_takes_no_value", "--local"],
    [["session", "cancel"], "missing_argument", "session cancel"],
    [["session", "cancel", "a", "b"], "surplus_argument", "session cancel"],
    [["doctor", "now"], "surplus_argument", "doctor"],
    [["chat", "--local", "--url", "http://127.0.0.1:1"], "exclusive_options", "--local"],
  ])("%j", (argv, code, mentioned) => {
    const refusal = refusalOf(...argv);
    expect(refusal.code).toBe(code);
    expect(refusal.message).toContain(mentioned);
    expect(refusal.message).not.toContain("\n");
    expect(refusal.exit).toBe(exitStatus.usage);
  });

  test.each([
    [["chat", "--token", "hunter2hunter2"]],
    [["chat", "--launch-token=hunter2hunter2"]],
    [["doctor", "--api-key", "hunter2hunter2"]],
    [["session", "create", "--OPENAI-API-KEY=hunter2hunter2"]],
    [["chat", token]],
    [["chat", "--url", `http://127.0.0.1:4310/#launch=${token}`]],
    [[`--${token}`]],
    [["chat", "--profile", "sk-proj-hunter2hunter2hunter2"]],
  ])("S134: a secret among the arguments, without repeating it: %#", (argv) => {
    const refusal = refusalOf(...argv);
    expect(refusal.code).toBe("secret_argument");
    expect(refusal.message).not.toMatch(/hunter2|ckbs_|sk-/);
  });
});
