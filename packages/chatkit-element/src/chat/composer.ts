// What the next message is made of: text with tags, files, a quote, a tool, a model; set by the user or by the page.

import type { OpenAIChatKit, UserMessageContent } from "@openai/chatkit";

import { SidekitChatError } from "../errors.ts";
import type { ChatContext } from "./chat.ts";
import { chosenTool, type Choices, inferenceOf } from "./choices.ts";
import { contentOf, type Draft, draftOf, emptyDraft } from "./draft.ts";
import type { Files } from "./files.ts";
import { type OutgoingMessage, wireContent } from "./outgoing.ts";

export interface ComposerState extends Choices {
  readonly draft: Draft;
  /** The excerpt that the message answers. */
  readonly reply: string | null;
}

/** Where a tool was chosen, for the page's diagnostics. */
export type ToolSource = "menu" | "pinned" | "chip" | "command";

export interface Composer {
  setDraft(draft: Draft): void;
  setReply(quote: string | null): void;
  selectTool(toolId: string | null, source: ToolSource): void;
  selectModel(modelId: string): void;
  /** Sends what stands in the composer, which is empty then; a tool that is not persistent is let go. */
  submit(): Promise<void>;
  /** Sends a ready-made message with the chosen tool and model; what is being written stays. */
  submitPrompt(prompt: string | readonly UserMessageContent[]): Promise<void>;
  /**
   * What the page says the composer should hold; what it does not name stays. Rejects, and changes nothing, with
   * `thread_loading`, `response_running`, `tool_unknown` or `model_unknown`. Uploads go on when it has resolved.
   */
  fillComposer(params: Parameters<OpenAIChatKit["setComposerValue"]>[0]): void;
  /** The page's options have changed, and may offer the chosen tool no more. */
  noteOptions(): void;
}

/** Fits into the 16 KiB that servers take, whatever the script. */
const longestQuote = 5_000;

export const emptyComposer: ComposerState = { draft: emptyDraft, reply: null, toolId: null, modelId: null };

export function createComposer(
  { emit, get, update, composerOptions }: ChatContext,
  { send, files }: { send: (message: OutgoingMessage) => Promise<void>; files: Files },
): Composer {
  let announcedTool: string | null = null;

  return {
    setDraft: (draft) => put({ draft }),
    setReply: (quote) => put({ reply: quoteOf(quote) }),
    selectModel: (modelId) => put({ modelId }),
    noteOptions: announce,

    selectTool: (toolId, source) => {
      put({ toolId });
      emit("chatkit.log", { name: "composer.tool.select", data: { toolId, source } });
      announce();
    },

    submit: () => {
      const { draft, reply } = get().composer;
      const message: OutgoingMessage = {
        content: contentOf(draft),
        attachments: files.takeFiles(),
        inferenceOptions: inferenceOf(get().composer, composerOptions()),
        ...(reply === null ? {} : { quotedText: reply }),
      };
      put({ draft: emptyDraft, reply: null });
      letGoOfTool();
      return send(message);
    },

    submitPrompt: (prompt) => {
      const inferenceOptions = inferenceOf(get().composer, composerOptions());
      letGoOfTool();
      return send({ content: wireContent(prompt), inferenceOptions });
    },

    fillComposer: ({ text, content, reply, attachments, files: fresh, selectedToolId, selectedModelId }) => {
      const { loadingThreadId, conversation } = get();
      if (loadingThreadId !== null) throw new SidekitChatError("thread_loading");
      if (conversation.run !== null) throw new SidekitChatError("response_running");
      const options = composerOptions();
      if (selectedToolId != null && chosenTool({ toolId: selectedToolId, modelId: null }, options) === null)
        throw new SidekitChatError("tool_unknown");
      const model = options?.models?.find(({ id }) => id === selectedModelId);
      if (selectedModelId !== undefined && (model === undefined || model.disabled === true))
        throw new SidekitChatError("model_unknown");
      const words = content ?? text;
      put({
        ...(words === undefined ? {} : { draft: draftOf(words) }),
        ...(reply === undefined ? {} : { reply: quoteOf(reply) }),
        ...(selectedToolId === undefined ? {} : { toolId: selectedToolId }),
        ...(selectedModelId === undefined ? {} : { modelId: selectedModelId }),
      });
      if (attachments !== undefined) files.setAttachments(attachments);
      if (fresh !== undefined) files.addFiles(fresh, options?.attachments ?? { enabled: true });
      announce();
    },
  };

  function letGoOfTool(): void {
    if (chosenTool(get().composer, composerOptions())?.persistent !== true) put({ toolId: null });
    announce();
  }

  function announce(): void {
    const toolId = chosenTool(get().composer, composerOptions())?.id ?? null;
    if (toolId === announcedTool) return;
    announcedTool = toolId;
    emit("chatkit.tool.change", { toolId });
  }

  function put(part: Partial<ComposerState>): void {
    update({ composer: { ...get().composer, ...part } });
  }
}

function quoteOf(text: string | null): string | null {
  const quote = text?.trim() ?? "";
  if (quote === "") return null;
  return quote.length > longestQuote ? `${quote.slice(0, longestQuote).trimEnd()}…` : quote;
}
