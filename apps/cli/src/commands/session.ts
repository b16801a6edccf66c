// `sidekit session create`, `list`, `cancel` and `cancel-all`.

import type { ChatSession, SessionSummary } from "@sidekit/chat-session/contract";

import type { Command, Target } from "../command-line.ts";
import { type ExitStatus, exitStatus } from "../errors.ts";
import { type Output, printable } from "../output.ts";
import type { CommandContext } from "./context.ts";

const pageSize = 100;
/** Far more than a caller may have at once. */
const maxPages = 20;

export async function runSessionCreate(
  command: Extract<Command, { name: "session create" }>,
  { output, interrupts, openGateway }: CommandContext,
): Promise<ExitStatus> {
  const session = await interrupts.during(async (signal): Promise<ChatSession> => {
    await using gateway = await openGateway(command.target, signal);
    return await gateway.createSession(command.profile === null ? {} : { profile: command.profile }, signal);
  });
  if (output.json) output.object(session);
  else output.result(`${session.clientSecret}\n`);
  output.note(
    `Session ${session.id}, profile ${printable(session.profile)}, until ${session.expiresAt}.\n` +
      output.noteStyle.yellow(
        `The client secret is a credential for the next ${Math.ceil(session.expiresIn / 60)} minutes: keep it out of files and logs.\n`,
      ),
  );
  noteLocal(command.target, output);
  return exitStatus.ok;
}

export async function runSessionList(
  command: Extract<Command, { name: "session list" }>,
  { output, interrupts, openGateway }: CommandContext,
): Promise<ExitStatus> {
  const sessions = await interrupts.during(async (signal): Promise<SessionSummary[]> => {
    await using gateway = await openGateway(command.target, signal);
    const all: SessionSummary[] = [];
    let after: string | undefined;
    for (let page = 0; page < maxPages; page += 1) {
      const { data, hasMore } = await gateway.listSessions(
        { limit: pageSize, ...(after === undefined ? {} : { after }) },
        signal,
      );
      all.push(...data);
      after = data.at(-1)?.id;
      if (!hasMore || after === undefined) break;
    }
    return all;
  });
  if (output.json) output.object({ data: sessions });
  if (sessions.length === 0) output.note("There are no active sessions.\n");
  for (const session of sessions) {
    const columns = [session.id, session.status, session.issuer, session.profile, session.expiresAt];
    output.result(`${printable(columns.join("  "))}\n`);
  }
  noteLocal(command.target, output);
  return exitStatus.ok;
}

export async function runSessionCancel(
  command: Extract<Command, { name: "session cancel" }>,
  { output, interrupts, openGateway }: CommandContext,
): Promise<ExitStatus> {
  const session = await interrupts.during(async (signal): Promise<SessionSummary> => {
    await using gateway = await openGateway(command.target, signal);
    return await gateway.cancelSession(command.sessionId, signal);
  });
  if (output.json) output.object(session);
  else output.result(`${session.id}  ${session.status}\n`);
  return exitStatus.ok;
}

export async function runSessionCancelAll(
  command: Extract<Command, { name: "session cancel-all" }>,
  { output, interrupts, openGateway }: CommandContext,
): Promise<ExitStatus> {
  const ended = await interrupts.during(async (signal) => {
    await using gateway = await openGateway(command.target, signal);
    return await gateway.cancelAllSessions(signal);
  });
  if (output.json) output.object(ended);
  else output.result(`${ended.cancelled} cancelled\n`);
  if (ended.failedUpstream.length === 0) return exitStatus.ok;
  output.note(
    `The provider could not be told of ${printable(ended.failedUpstream.join(", "))}: they live there until they expire. Cancel once more.\n`,
  );
  return exitStatus.failed;
}

function noteLocal(target: Target, output: Output): void {
  if (target.kind === "local") output.note("With --local, sessions live in this process and end with it.\n");
}
