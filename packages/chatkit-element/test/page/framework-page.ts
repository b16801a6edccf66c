// What a page of any framework does here: options for this server, and a list of what was heard.

import type { ChatKitOptions } from "@openai/chatkit";

declare global {
  interface Window {
    frameworkHeard: string[];
  }
}

export function frameworkPage(draw: (options: ChatKitOptions, heard: (name: string) => void) => void): void {
  window.frameworkHeard = [];
  const options: ChatKitOptions = {
    api: {
      url: "/chatkit",
      domainKey: "local",
      fetch: (input, init) => {
        const headers = new Headers(init?.headers);
        headers.set("authorization", "Bearer test-token");
        return fetch(input, { ...init, headers });
      },
    },
    startScreen: { greeting: "From a component" },
  };
  draw(options, (name) => window.frameworkHeard.push(name));
}
