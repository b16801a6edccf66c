// `sidekit chat`: one message and its answer, or a conversation at the terminal.

import type { Readable } from "node:stream";

import type { Command } from "../command-line.ts";
import { createConversation } from "../conversation.ts";
import { CliError, type ExitStatus, exitStatus } from "../errors.ts";
import { holdConversation } from "./chat-terminal.ts";
import type { CommandContext } from "./context.ts";
import { takeTurn } from "./turn.ts";

const maxMessageBytes = 256 * 1024;

/** Exit status: 0 for an answer or when the person leaves, 1 for a failure, 130 for an answer that was stopped. */
export async function runChat(
  command: Extract<Command, { name: "chat" }>,
  context: CommandContext,
): Promise<ExitStatus> {
  const interactive = command.message === null && context.stdin.isTTY === true;
  const message = interactive ? "" : (command.message ?? (await readMessage(context.stdin))).trim();
  if (!interactive && message === "") throw new CliError("missing_message");
  if (Buffer.byteLength(message) > maxMessageBytes) throw new CliError("message_too_long");

  await using gateway = await context.interrupts.during((signal) =>
    context.openGateway(command.target, signal),
  );
  const conversation = createConversation({
    endpoint: gateway.chatKit(command.profile),
    threadId: command.thread,
  });
  if (interactive)
    return await holdConversation({ conversation, context, place: gateway.place, threadId: command.thread });
  const outcome = await takeTurn(conversation, message, context);
  return { completed: exitStatus.ok, failed: exitStatus.failed, stopped: exitStatus.interrupted }[outcome];
}

async function readMessage(stdin: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stdin) {
    chunks.push(Buffer.from(chunk));
    bytes += chunk.length;
    if (bytes > maxMessageBytes) throw new CliError("message_too_long");
  }
  return Buffer.concat(chunks).toString("utf8");
}
