// A page without a framework: it registers the element when the test says so, and notes what it hears.

import type { ChatKitEvents, ChatKitOptions } from "@openai/chatkit";

import { registerAs, type SidekitChat } from "@sidekit/chatkit-element";

export interface PlainPage {
  register(): void;
  /** The element of this id; what it emits from now on is noted. */
  follow(id: string): SidekitChat;
  /** Options for the server of this page. */
  options(more?: Partial<ChatKitOptions>): ChatKitOptions;
  heard: { of: string; name: string; detail: unknown }[];
}

declare global {
  interface Window {
    plainPage: PlainPage;
  }
}

const names: readonly (keyof ChatKitEvents)[] = [
  "chatkit.ready",
  "chatkit.error",
  "chatkit.response.start",
  "chatkit.response.end",
  "chatkit.thread.change",
  "chatkit.thread.load.start",
  "chatkit.thread.load.end",
];

const page: PlainPage = {
  register: () => registerAs(),
  follow: (id) => {
    const element = document.querySelector<SidekitChat>(`sidekit-chat#${id}`);
    if (element === null) throw new Error(`There is no element ${id}.`);
    for (const name of names) {
      element.addEventListener(name, ({ detail }) => {
        const error: unknown = Object(detail).error;
        page.heard.push({ of: id, name, detail: error instanceof Error ? error.message : (detail ?? null) });
      });
    }
    return element;
  },
  options: (more = {}) => ({
    api: {
      url: "/chatkit",
      domainKey: "local",
      fetch: (input, init) => {
        const headers = new Headers(init?.headers);
        headers.set("authorization", "Bearer test-token");
        return fetch(input, { ...init, headers });
      },
    },
    ...more,
  }),
  heard: [],
};
window.plainPage = page;
