// <sidekit-chat>: the custom element. It joins the page's options, methods and events to the chat and its view.

import type { ChatKitOptions, OpenAIChatKit } from "@openai/chatkit";
import type { Json } from "@sidekit/chatkit/protocol";
import { createElement } from "react";
import { createRoot, type Root } from "react-dom/client";

import { type Chat, createChat, type Emit } from "./chat/chat.ts";
import { ignoreShown } from "./chat/failure.ts";
import { isBlank, outgoingMessage } from "./chat/outgoing.ts";
import { createProtocolClient, type ProtocolClient } from "./client/protocol-client.ts";
import { SidekitChatError } from "./errors.ts";
import { createFonts } from "./fonts.ts";
import { localeOf } from "./language.ts";
import { stringsFor } from "./locale.ts";
import type { OptionProblem } from "./option-readers.ts";
import { readOptions, selfHostedApi } from "./options.ts";
import { chatStyles } from "./styles/sheets.ts";
import { applyTheme, type Theme, themeOf } from "./theme.ts";
import { ChatView } from "./view/chat-view.tsx";

type SendParams = Parameters<OpenAIChatKit["sendUserMessage"]>[0];
type ComposerParams = Parameters<OpenAIChatKit["setComposerValue"]>[0];

/**
 * An open chat element with the options, methods and events of the vendor's, for a self-hosted ChatKit server.
 * Methods reject with SidekitChatError. Leaving the document lets a running response go on at the server.
 */
export class SidekitChat extends HTMLElement implements OpenAIChatKit {
  declare addEventListener: OpenAIChatKit["addEventListener"];
  declare removeEventListener: OpenAIChatKit["removeEventListener"];

  #themeSheet = new CSSStyleSheet();
  readonly #fonts = createFonts((error) => this.#emit("chatkit.error", { error }));
  readonly #chat: Chat;
  #options: ChatKitOptions | null = null;
  #client: ProtocolClient | null = null;
  #root: Root | null = null;
  #scheme: Theme["scheme"] = "light";
  #composer: HTMLTextAreaElement | null = null;
  #hasAnnouncedReady = false;
  /** Resolves once the chat has been drawn since the element came into the document. */
  #drawing = Promise.withResolvers<void>();
  #problems: readonly OptionProblem[] = [];
  #reported: ReadonlySet<string> = new Set();
  /** What the newest server's conversation begins with, until it has begun. */
  #entry: { readonly threadId: string | null; readonly isFirst: boolean } | null = null;

  constructor() {
    super();
    this.attachShadow({ mode: "open" });
    this.#dress();
    this.#chat = createChat({
      client: () => this.#connectedClient(),
      emit: this.#emit,
      clientTool: () => this.#options?.onClientTool,
      composerOptions: () => this.#options?.composer,
    });
  }

  connectedCallback(): void {
    if (this.#options === null) return;
    this.#render();
    if (this.#hasAnnouncedReady) this.#chat.refresh().catch(ignoreShown);
  }

  disconnectedCallback(): void {
    // A move within the document disconnects and connects in one go; only who stays away has left.
    queueMicrotask(() => {
      if (this.isConnected) return;
      this.#chat.leave();
      this.#fonts.release();
      this.#root?.unmount();
      this.#root = null;
      this.#drawing.resolve();
      this.#drawing = Promise.withResolvers();
    });
  }

  /** Another document takes no constructed sheets of the one before. */
  adoptedCallback(): void {
    this.#dress();
    if (this.#options !== null) applyTheme(this.#themeSheet, themeOf(this.#options.theme));
    if (this.#hasAnnouncedReady) this.#useFonts();
  }

  /** Replaces all options; never throws: what is wrong with them is shown, and reported as `chatkit.error`. */
  setOptions(given: ChatKitOptions): void {
    const before = this.#options;
    const { options, problems } = readOptions(given);
    this.#options = options;
    this.#problems = problems;
    this.#client = null;
    const theme = themeOf(options.theme);
    this.#scheme = theme.scheme;
    applyTheme(this.#themeSheet, theme);
    if (this.isConnected) this.#render();
    if (before !== null && serverOf(before) === serverOf(options)) return;
    const threadId = options.initialThread ?? null;
    this.#entry = { threadId, isFirst: before === null };
    if (threadId !== null && this.#apiProblem() === null) this.#chat.expectThread(threadId);
  }

  async focusComposer(): Promise<void> {
    await this.#drawn();
    this.#composer?.focus();
  }

  async setThreadId(threadId: string | null): Promise<void> {
    await this.#drawn();
    const { conversation, loadingThreadId } = this.#chat.getState();
    if (conversation.run !== null) throw new SidekitChatError("response_running");
    if (loadingThreadId !== null) throw new SidekitChatError("thread_loading");
    await this.#chat.openThread(threadId);
  }

  /** Resolves once the server has accepted the message. */
  async sendUserMessage(params: SendParams): Promise<void> {
    await this.#drawn();
    const message = outgoingMessage(params);
    // Before a conversation is left for it.
    if (isBlank(message)) throw new SidekitChatError("message_empty");
    if (params.newThread === true) await this.setThreadId(null);
    await this.#chat.send(message);
  }

  async setComposerValue(params: ComposerParams): Promise<void> {
    await this.#drawn();
    this.#chat.fillComposer(params);
  }

  async fetchUpdates(): Promise<void> {
    await this.#drawn();
    await this.#chat.refresh();
  }

  async showHistory(): Promise<void> {
    await this.#drawn();
    await this.#chat.showHistory();
  }

  async hideHistory(): Promise<void> {
    await this.#drawn();
    this.#chat.hideHistory();
  }

  /** Resolves once the server has accepted the action. Rejects with `no_thread` while there is no conversation. */
  async sendCustomAction(
    action: Parameters<OpenAIChatKit["sendCustomAction"]>[0],
    itemId?: string,
  ): Promise<void> {
    await this.#drawn();
    // The page may put anything here; what JSON cannot carry would not arrive.
    const payload: Json = JSON.parse(JSON.stringify(action.payload ?? null));
    await this.#chat.act({ type: action.type, payload }, itemId ?? null, "accepted");
  }

  #dress(): void {
    const view = this.ownerDocument.defaultView ?? window;
    this.#themeSheet = new view.CSSStyleSheet();
    if (this.shadowRoot !== null) {
      this.shadowRoot.adoptedStyleSheets = [...chatStyles(view), this.#themeSheet];
    }
  }

  #render(): void {
    const options = this.#options;
    if (options === null) return;
    this.#root ??= this.#createRoot();
    this.#root.render(
      createElement(ChatView, {
        chat: this.#chat,
        options,
        problem: this.#apiProblem(),
        strings: stringsFor(localeOf(options)),
        scheme: this.#scheme,
        emit: this.#emit,
        onComposer: this.#keepComposer,
        onPainted: this.#painted,
      }),
    );
  }

  #createRoot(): Root {
    const report = (error: unknown) => {
      this.#emit("chatkit.error", { error: new SidekitChatError("render_failed", { cause: error }) });
      this.#drawing.resolve();
    };
    const shadow = this.shadowRoot;
    if (shadow === null) throw new SidekitChatError("render_failed");
    return createRoot(shadow, { onCaughtError: report, onUncaughtError: report });
  }

  /**
   * Runs after each change of options has been painted. Whatever the page is to hear waits until then: a framework
   * may set its listeners only after it has set the options.
   */
  readonly #painted = (): void => {
    setTimeout(() => {
      if (!this.#hasAnnouncedReady) {
        this.#hasAnnouncedReady = true;
        this.#emit("chatkit.ready");
        this.#emit("chatkit.log", { name: "app.init" });
      }
      this.#drawing.resolve();
      this.#useFonts();
      this.#enterServer();
      this.#chat.noteOptions();
      this.#reportProblems();
    });
  };

  /** The first options, and later ones that name another server, lead to their initial thread. */
  #enterServer(): void {
    const entry = this.#entry;
    this.#entry = null;
    if (entry === null) return;
    const problem = this.#apiProblem();
    if (problem !== null) {
      this.#emit("chatkit.error", { error: problem });
    } else if (!entry.isFirst || entry.threadId !== null) {
      this.#chat.openThread(entry.threadId).catch(ignoreShown);
    }
  }

  /** Each once, and again only when it had been mended in between. */
  #reportProblems(): void {
    const news = this.#problems.filter(({ message }) => !this.#reported.has(message));
    this.#reported = new Set(this.#problems.map(({ message }) => message));
    for (const { code, message } of news) {
      this.#emit("chatkit.error", { error: new SidekitChatError(code, { message }) });
    }
  }

  #useFonts(): void {
    if (!this.isConnected) return;
    const { theme } = this.#requireOptions();
    const sources = typeof theme === "object" ? theme.typography?.fontSources : undefined;
    this.#fonts.use(this.ownerDocument, sources ?? []);
  }

  #connectedClient(): ProtocolClient {
    if (this.#client !== null) return this.#client;
    const options = this.#requireOptions();
    const api = selfHostedApi(options);
    this.#client = createProtocolClient({
      url: api.url,
      locale: localeOf(options),
      uploadStrategy: api.uploadStrategy,
      ...(api.fetch === undefined ? {} : { fetch: api.fetch }),
      onUnreadable: () => this.#emit("chatkit.log", { name: "stream.unreadable" }),
    });
    return this.#client;
  }

  #apiProblem(): SidekitChatError | null {
    try {
      if (this.#options !== null) selfHostedApi(this.#options);
      return null;
    } catch (error) {
      if (error instanceof SidekitChatError) return error;
      throw error;
    }
  }

  /** A page may call a method right after `setOptions`: the composer and its listeners are there only later. */
  async #drawn(): Promise<void> {
    this.#requireOptions();
    if (this.isConnected) await this.#drawing.promise;
  }

  #requireOptions(): ChatKitOptions {
    if (this.#options === null) throw new SidekitChatError("options_missing");
    return this.#options;
  }

  readonly #keepComposer = (composer: HTMLTextAreaElement | null): void => {
    this.#composer = composer;
  };

  readonly #emit: Emit = (name, ...[detail]) => {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  };
}

function serverOf(options: ChatKitOptions | null): string {
  return options !== null && options.api !== undefined && "url" in options.api ? options.api.url : "";
}

declare global {
  interface HTMLElementTagNameMap {
    "sidekit-chat": SidekitChat;
  }
}
