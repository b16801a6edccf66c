// The vendor's React binding as its documentation uses it: every option, handler, method and ref, in StrictMode.

import {
  ChatKit,
  type OpenAIChatKit,
  type UseChatKitOptions,
  useChatKit,
  type UseChatKitReturn,
} from "@openai/chatkit-react";
import { createRef, StrictMode, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";

import { registerAs } from "@sidekit/chatkit-element";

export interface ReactPage {
  readonly heard: { of: string; name: string; detail: unknown }[];
  readonly chats: Map<string, UseChatKitReturn>;
  readonly elements: Map<string, React.RefObject<OpenAIChatKit | null>>;
  readonly clicks: string[];
  /** Draws again: which chats there are, and a word that every callback of this drawing reports. */
  show(ids: readonly string[], word: string, options?: Partial<UseChatKitOptions>): void;
  register(): void;
}

declare global {
  interface Window {
    reactPage: ReactPage;
  }
}

const page: ReactPage = {
  heard: [],
  chats: new Map(),
  elements: new Map(),
  clicks: [],
  show: () => {},
  register: () => registerAs("openai-chatkit"),
};
window.reactPage = page;

interface Shown {
  readonly ids: readonly string[];
  readonly word: string;
  readonly options: Partial<UseChatKitOptions>;
}

function Page() {
  const [{ ids, word, options }, setShown] = useState<Shown>({ ids: ["a"], word: "first", options: {} });
  useEffect(() => {
    page.show = (next, nextWord, nextOptions = {}) =>
      setShown({ ids: next, word: nextWord, options: nextOptions });
  }, []);
  return ids.map((id) => <Chat key={id} id={id} word={word} options={options} />);
}

function Chat({ id, word, options }: { id: string; word: string; options: Partial<UseChatKitOptions> }) {
  const note = (name: string) => (detail?: unknown) => {
    const error: unknown = Object(detail).error;
    page.heard.push({ of: id, name, detail: error instanceof Error ? error.message : (detail ?? null) });
  };
  const [element] = useState(() => createRef<OpenAIChatKit>());
  const chat = useChatKit({
    api: {
      url: "/chatkit",
      domainKey: "local",
      fetch: (input, init) => {
        const headers = new Headers(init?.headers);
        headers.set("authorization", "Bearer test-token");
        return fetch(input, { ...init, headers });
      },
    },
    header: { rightAction: { icon: "star", onClick: () => void page.clicks.push(`${id} ${word}`) } },
    composer: { tools: [{ id: "search", label: "Search", icon: "globe", pinned: true }] },
    onClientTool: ({ name, params }) => ({ name, params, word }),
    ...options,
    onReady: note("onReady"),
    onError: note("onError"),
    onEffect: note("onEffect"),
    onDeeplink: note("onDeeplink"),
    onResponseStart: note("onResponseStart"),
    onResponseEnd: note("onResponseEnd"),
    onHistoryOpen: note("onHistoryOpen"),
    onHistoryClose: note("onHistoryClose"),
    onThreadChange: note("onThreadChange"),
    onThreadLoadStart: note("onThreadLoadStart"),
    onThreadLoadEnd: note("onThreadLoadEnd"),
    onToolChange: note("onToolChange"),
    onLog: note("onLog"),
  });
  useEffect(() => {
    page.chats.set(id, chat);
    page.elements.set(id, element);
  }, [id, chat, element]);
  return <ChatKit ref={element} control={chat.control} id={id} className="chat" style={{ height: 320 }} />;
}

const root = document.querySelector("#root");
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <Page />
    </StrictMode>,
  );
}
