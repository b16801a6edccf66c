// A conversation at the terminal: messages, and commands that begin with a slash.

import { showItems } from "../answer-view.ts";
import type { Conversation } from "../conversation.ts";
import { CliError, type ExitStatus, exitStatus } from "../errors.ts";
import { createLinePrompt } from "../line-prompt.ts";
import { printable, showFailure } from "../output.ts";
import type { CommandContext } from "./context.ts";
import { takeTurn } from "./turn.ts";

const commandHelp = `/new      begin a new thread
/threads  list the threads
/open N   open thread N of the list
/exit     leave; Ctrl-D does too
Ctrl-C stops an answer. A line that ends in \\ goes on in the next.
`;

/** Until the person leaves. A turn that fails does not end the conversation. */
export async function holdConversation(options: {
  readonly conversation: Conversation;
  readonly context: CommandContext;
  /** Where the conversation is held, for a person. */
  readonly place: string;
  /** A thread to begin with. */
  readonly threadId: string | null;
}): Promise<ExitStatus> {
  const { conversation, context } = options;
  const { output, interrupts } = context;
  const prompt = createLinePrompt({ input: context.stdin, output: context.stderr, prompt: "› " });
  let listed: string[] = [];

  const listThreads = async (signal: AbortSignal) => {
    const threads = await conversation.listThreads(signal);
    listed = threads.map((thread) => thread.id);
    return threads;
  };
  const showThreads = async (signal: AbortSignal) => {
    const threads = await listThreads(signal);
    if (output.json) output.object({ type: "sidekit.threads", data: threads });
    if (threads.length === 0) output.note("There are no threads yet.\n");
    for (const [index, thread] of threads.entries()) {
      const when = thread.created_at.slice(0, 16).replace("T", " ");
      const here = thread.id === conversation.threadId ? "*" : " ";
      output.result(
        `${here}${String(index + 1).padStart(3)}  ${when}  ${printable(thread.title ?? "Untitled")}\n`,
      );
    }
  };
  const openThread = async (which: string, signal: AbortSignal) => {
    if (/^\d+$/.test(which) && listed.length === 0) await listThreads(signal);
    const id = /^\d+$/.test(which) ? listed[Number(which) - 1] : which;
    if (id === undefined || id === "") throw new CliError("no_thread");
    const items = await conversation.open(id, signal);
    if (output.json) output.object({ type: "sidekit.thread", thread_id: id, items });
    else showItems(output, items);
  };
  const runSlash = async (line: string) => {
    const [name = "", argument = ""] = line.trim().split(/\s+/, 2);
    switch (name) {
      case "/new":
        conversation.startNew();
        output.note(output.noteStyle.dim("A new thread begins with your next message.\n"));
        return;
      case "/threads":
        return interrupts.during(showThreads);
      case "/open":
        return interrupts.during((signal) => openThread(argument, signal));
      case "/help":
        output.note(commandHelp);
        return;
      default:
        output.note("There is no such command here. /help lists them.\n");
    }
  };

  output.note(output.noteStyle.dim(`Sidekit ${options.place}. /help lists the commands, Ctrl-D leaves.\n`));
  const { threadId } = options;
  // Says at once, and not after the first message has been written, that there is no way in.
  await interrupts.during<unknown>((signal) =>
    threadId === null ? listThreads(signal) : openThread(threadId, signal),
  );

  for (;;) {
    const line = await prompt.ask();
    if (line === null || line.trim() === "/exit") return exitStatus.ok;
    if (line.trim() === "") continue;
    if (!/^\/[a-z]+(\s|$)/.test(line)) {
      await takeTurn(conversation, line, context);
      continue;
    }
    try {
      await runSlash(line);
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      showFailure(output, error);
    }
  }
}
