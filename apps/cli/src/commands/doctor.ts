// `sidekit doctor`: what is wrong, why it matters, how to mend it.

import type { ApiKeyStatus, Finding } from "@sidekit/chat-session/contract";

import type { Command } from "../command-line.ts";
import { CliError, type ExitStatus, exitStatus } from "../errors.ts";
import type { Gateway } from "../gateway.ts";
import { type Output, printable } from "../output.ts";
import { defaultUrl, parseServerUrl } from "../way-in.ts";
import type { CommandContext } from "./context.ts";

const probeDeadlineMs = 5_000;
const maxReportChars = 4_096;
const oldestNodeMajor = 24;

/** What this side looks at; a server adds its own. */
type OwnCheck =
  | "runtime"
  | "settings"
  | "launch token"
  | "sidecar"
  | "readiness"
  | "data directory"
  | "session"
  | "key";

const keyWords = {
  malformed: "is malformed",
  invalid: "is invalid",
  "lacks-permission": "lacks permission",
  "no-quota": "has no quota",
  unreachable: "could not be checked: the upstream is unreachable",
} as const;

const consequences: Readonly<Record<OwnCheck, string>> = {
  runtime: `Sidekit needs Node ${oldestNodeMajor} or newer, and is made for 26.`,
  settings: "Nothing starts with settings that cannot be meant.",
  "launch token": "Without it no session can be asked for.",
  sidecar: "Without a sidecar only --local works.",
  readiness: "It refuses or fails what needs the part that is not well.",
  "data directory": "Conversations are kept there.",
  session: "Every conversation begins with one.",
  key: "Without a key that works, every answer of the model fails.",
};

/** Exit status 1 if something is broken. Keys appear by source and fingerprint only. */
export async function runDoctor(
  command: Extract<Command, { name: "doctor" }>,
  context: CommandContext,
): Promise<ExitStatus> {
  const { output, interrupts } = context;
  const { target } = command;
  const findings = await interrupts.during(async (signal) => {
    output.note(output.noteStyle.dim("Looking; this takes up to a quarter of a minute.\n"));
    const found = [checkRuntime(process.versions.node)];
    if (target.kind === "local") found.push(...(await examineLocal(context, signal)));
    else found.push(...(await examineSidecar(target.url, context, signal)));
    signal.throwIfAborted();
    return found;
  });
  const healthy = findings.every(({ status }) => status !== "broken");
  if (output.json) output.object({ healthy, findings });
  for (const finding of findings) output.result(describe(finding, output));
  return healthy ? exitStatus.ok : exitStatus.failed;
}

function checkRuntime(version: string): Finding {
  if (Number.parseInt(version, 10) >= oldestNodeMajor) return ok("runtime", `Node ${version}.`);
  return broken(
    "runtime",
    `Node ${version} runs this.`,
    "Start through npm start, which brings its own, or install Node 26.",
  );
}

async function examineLocal(context: CommandContext, signal: AbortSignal): Promise<Finding[]> {
  const found: Finding[] = [];
  try {
    const settings = context.localSettings();
    found.push(ok("settings", "The settings are in order."));
    await using gateway = await context.openGateway({ kind: "local" }, signal);
    found.push(ok("data directory", `Threads are kept in ${printable(settings.dataDir)}.`));
    return [...found, ...(await examineGateway(gateway, signal))];
  } catch (error) {
    return [...found, failure(error)];
  }
}

async function examineSidecar(
  urlOption: string | null,
  context: CommandContext,
  signal: AbortSignal,
): Promise<Finding[]> {
  const found: Finding[] = [];
  let url = urlOption === null ? defaultUrl : parseServerUrl(urlOption);
  let enter = true;
  try {
    url = context.wayIn(urlOption).url;
  } catch (error) {
    found.push(failure(error));
    enter = false;
  }
  const sidecar = await examineHealth(url, signal);
  found.push(...sidecar.findings);
  if (!enter || !sidecar.reachable) return found;
  try {
    await using gateway = await context.openGateway({ kind: "remote", url }, signal);
    return [...found, ...(await examineGateway(gateway, signal))];
  } catch (error) {
    return [...found, failure(error)];
  }
}

async function examineHealth(
  url: string,
  signal: AbortSignal,
): Promise<{ reachable: boolean; findings: Finding[] }> {
  const live = await probe(`${url}/healthz`, signal);
  if (live === null || live.text.trim() !== "ok") {
    const what = live === null ? `Nothing answers at ${url}.` : `What answers at ${url} is not a Sidekit.`;
    const mend = "Start the sidecar with npm start, and take address and launch token from its ready line.";
    return { reachable: false, findings: [broken("sidecar", what, mend)] };
  }
  const findings = [ok("sidecar", `The sidecar at ${url} is alive.`)];
  const ready = await probe(`${url}/readyz`, signal);
  const states = printable(ready?.text.trim().replaceAll("\n", ", ") ?? "no answer");
  findings.push(
    ready?.ok === true
      ? ok("readiness", `It is ready: ${states}.`)
      : broken(
          "readiness",
          `It is not ready: ${states}.`,
          "Look at that part, and at the sidecar's log, which says more.",
        ),
  );
  return { reachable: true, findings };
}

async function probe(url: string, signal: AbortSignal): Promise<{ ok: boolean; text: string } | null> {
  try {
    const deadline = AbortSignal.timeout(probeDeadlineMs);
    const response = await fetch(url, { redirect: "error", signal: AbortSignal.any([signal, deadline]) });
    return { ok: response.ok, text: (await response.text()).slice(0, maxReportChars) };
  } catch {
    return null;
  }
}

async function examineGateway(gateway: Gateway, signal: AbortSignal): Promise<Finding[]> {
  const found: Finding[] = [];
  try {
    const session = await gateway.createSession({}, signal);
    await gateway.cancelSession(session.id, signal);
    found.push(
      ok(
        "session",
        `A session of profile ${printable(session.profile)} can be minted, and was cancelled again.`,
      ),
    );
  } catch (error) {
    found.push(failure(error));
    if (error instanceof CliError && error.code === "wrong_launch_token") return found;
  }
  try {
    const { keys } = await gateway.verifyKeys(signal);
    found.push(...keys.map(keyFinding));
  } catch (error) {
    found.push(failure(error));
  }
  try {
    const { findings } = await gateway.examine(signal);
    found.push(...findings.map(printableFinding));
  } catch (error) {
    found.push(failure(error));
  }
  return found;
}

function printableFinding({ check, status, what, why, mend }: Finding): Finding {
  const orNull = (text: string | null) => (text === null ? null : printable(text));
  return { check, status, what: printable(what), why: orNull(why), mend: orNull(mend) };
}

function keyFinding(key: ApiKeyStatus): Finding {
  const name = `${key.source}${key.fingerprint === null ? "" : `, fingerprint ${key.fingerprint}`}`;
  const problem = key.problem === null ? "" : ` ${key.problem}`;
  switch (key.state) {
    case "valid":
      return ok("key", `The API key works (${name}).`);
    case "missing":
    case "unchecked": {
      const what = `${key.state === "missing" ? "There is no API key" : "The API key has not been checked"} (${name}).${problem}`;
      // Who names a file wants the model; who sets nothing gets the demo.
      if (key.source.endsWith("_FILE")) return broken("key", what, key.mend);
      return {
        check: "key",
        status: "warning",
        what,
        why: "Without one the built-in demo answers.",
        mend: key.mend,
      };
    }
    case "malformed":
    case "invalid":
    case "lacks-permission":
    case "no-quota":
    case "unreachable":
      return broken("key", `The API key ${keyWords[key.state]} (${name}).${problem}`, key.mend);
  }
}

function failure(error: unknown): Finding {
  if (!(error instanceof CliError) || error.code === "interrupted") throw error;
  const check = checkOf(error);
  return broken(check, error.message, error.mend);
}

function checkOf(error: CliError): OwnCheck {
  switch (error.code) {
    case "invalid_settings":
      return "settings";
    case "data_dir_unwritable":
    case "database_unusable":
      return "data directory";
    case "missing_launch_token":
    case "malformed_launch_token":
    case "foreign_launch_token":
    case "wrong_launch_token":
      return "launch token";
    case "server_unreachable":
      return "sidecar";
    default:
      return "session";
  }
}

function ok(check: OwnCheck, what: string): Finding {
  return { check, status: "ok", what, why: null, mend: null };
}

function broken(check: OwnCheck, what: string, mend: string | null): Finding {
  return { check, status: "broken", what, why: consequences[check], mend };
}

function describe(finding: Finding, { resultStyle }: Output): string {
  const mark = {
    ok: resultStyle.green("ok     "),
    warning: resultStyle.yellow("warning"),
    broken: resultStyle.red("broken "),
  };
  const lines = [`${mark[finding.status]}  ${indent(finding.what)}`];
  if (finding.why !== null) lines.push(`         Why it matters: ${indent(finding.why)}`);
  if (finding.mend !== null) lines.push(`         To mend it: ${indent(finding.mend)}`);
  return `${lines.join("\n")}\n`;
}

/** Further lines of a finding stand below its first. */
function indent(text: string): string {
  return text.replaceAll("\n", `\n${" ".repeat(9)}`);
}
