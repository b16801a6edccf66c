// `sidekit service-key create`: a key for another backend, shown once, and the record that the sidecar keeps of it.

import { createHash } from "node:crypto";

import { createToken } from "@sidekit/chat-session";

import type { Command } from "../command-line.ts";
import { type ExitStatus, exitStatus } from "../errors.ts";
import type { CommandContext } from "./context.ts";

export function runServiceKeyCreate(
  { id, tenant, rights }: Extract<Command, { name: "service-key create" }>,
  { output }: CommandContext,
): ExitStatus {
  const key = createToken("cksv_");
  const record = { id, hash: createHash("sha256").update(key).digest("hex"), tenant, rights };
  if (output.json) output.object({ key, record });
  else output.result(`${key}\n`);
  output.note(
    `${JSON.stringify(record)}\n` +
      output.noteStyle.yellow(
        "The record belongs in the file that SIDEKIT_SERVICE_KEYS_FILE names. The key is shown this once.\n",
      ),
  );
  return exitStatus.ok;
}
