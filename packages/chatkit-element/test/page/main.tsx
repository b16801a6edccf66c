// The page under test: the vendor's React binding as it comes from the registry, over our element.

import { ChatKit, type UseChatKitOptions, useChatKit, type UseChatKitReturn } from "@openai/chatkit-react";
import { createElement, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";

import { registerAs } from "@sidekit/chatkit-element";

export interface TestPage {
  setOptions(options: Partial<UseChatKitOptions>): void;
  chat: UseChatKitReturn | null;
  events: { name: string; detail: unknown }[];
}

declare global {
  interface Window {
    testPage: TestPage;
  }
}

const page: TestPage = { setOptions: () => {}, chat: null, events: [] };
window.testPage = page;

const asked = new URLSearchParams(location.search).get("options");
const initial: Partial<UseChatKitOptions> = asked === null ? {} : JSON.parse(asked);

registerAs("openai-chatkit");
const root = document.querySelector("#root");
if (root !== null) createRoot(root).render(createElement(Page));

function Page() {
  const [options, setOptions] = useState(initial);
  const chat = useChatKit({
    api: {
      url: "/chatkit",
      domainKey: "local",
      fetch: (input, init) => fetch(input, { ...init, headers: withToken(init) }),
    },
    ...options,
    onReady: () => heard("ready"),
    onError: ({ error }) =>
      heard("error", `${"code" in error ? String(error.code) : error.name}: ${error.message}`),
    onResponseStart: () => heard("response.start"),
    onResponseEnd: () => heard("response.end"),
    onThreadChange: (detail) => heard("thread.change", detail),
    onThreadLoadStart: (detail) => heard("thread.load.start", detail),
    onThreadLoadEnd: (detail) => heard("thread.load.end", detail),
    onToolChange: (detail) => heard("tool.change", detail),
    onEffect: (detail) => heard("effect", detail),
    onDeeplink: (detail) => heard("deeplink", detail),
    onLog: (detail) => heard("log", detail),
  });
  useEffect(() => {
    Object.assign(page, { chat, setOptions });
  }, [chat]);
  return createElement(ChatKit, { control: chat.control, className: "chat" });
}

function withToken(init: RequestInit | undefined): Headers {
  const headers = new Headers(init?.headers);
  headers.set("authorization", "Bearer test-token");
  return headers;
}

function heard(name: string, detail: unknown = null): void {
  page.events.push({ name, detail });
}
