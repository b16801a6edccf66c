// `sidekit audit`: who got, lost or was refused a session, and what became of the keys.

import type { AuditEntry, AuditInput } from "@sidekit/chat-session/contract";
import { auditActions } from "@sidekit/chat-session/contract";

import type { AuditFilter, Command } from "../command-line.ts";
import { CliError, type ExitStatus, exitStatus } from "../errors.ts";
import { printable } from "../output.ts";
import type { CommandContext } from "./context.ts";

const pageSize = 200;

export async function runAudit(
  command: Extract<Command, { name: "audit" }>,
  { output, interrupts, openGateway }: CommandContext,
): Promise<ExitStatus> {
  const { limit, ...filter } = inputOf(command.filter);
  const entries = await interrupts.during(async (signal): Promise<AuditEntry[]> => {
    await using gateway = await openGateway(command.target, signal);
    const all: AuditEntry[] = [];
    while (all.length < limit) {
      const before = all.at(-1)?.id;
      const page = { limit: Math.min(pageSize, limit - all.length), ...(before !== undefined && { before }) };
      const { data, hasMore } = await gateway.audit({ ...filter, ...page }, signal);
      all.push(...data);
      if (!hasMore || data.length === 0) break;
    }
    return all;
  });
  if (output.json) output.object({ data: entries });
  if (entries.length === 0) output.note("There are no entries.\n");
  for (const entry of entries) output.result(`${printable(describe(entry))}\n`);
  return exitStatus.ok;
}

function inputOf({ action, ...filter }: AuditFilter): AuditInput {
  if (action === undefined) return filter;
  const known = auditActions.find((name) => name === action);
  if (known === undefined) throw new CliError("unknown_action", auditActions.join(", "));
  return { ...filter, action: known };
}

function describe(entry: AuditEntry): string {
  const parts = {
    by: entry.credential,
    service: entry.service,
    tenant: entry.tenant,
    user: entry.user,
    session: entry.sessionId,
    profile: entry.profile,
    key: entry.keyId,
    fingerprint: entry.fingerprint,
    reason: entry.reason,
    request: entry.requestId,
    times: entry.count === 1 ? null : String(entry.count),
  };
  const told = Object.entries(parts).flatMap(([name, value]) => (value === null ? [] : [`${name}=${value}`]));
  return [entry.at, entry.action.padEnd(19), ...told].join("  ");
}
