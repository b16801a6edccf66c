/// <reference lib="dom" />
// The page of the example: the open chat element, with sessions that come through the parent.

import { createChatSessionClient } from "@sidekit/chat-session/client";
import { SidekitChat, registerAs } from "@sidekit/chatkit-element";
import { createPageBridge, type PageAnswer, type PageCall } from "@sidekit/sidecar-host/page";

declare global {
  interface Window {
    /** What the parent's preload script would expose. */
    readonly askParent: (call: PageCall) => Promise<PageAnswer>;
  }
}

const bridge = createPageBridge((call) => window.askParent(call));
const chat = createChatSessionClient({
  url: `${await bridge.address()}/trpc`,
  issuerCredential: () => "", // the parent's, and it stays there
  issuer: "local",
  fetch: bridge.fetch,
});

registerAs();
const element = document.createElement("sidekit-chat");
if (!(element instanceof SidekitChat)) throw new Error("The element is not registered.");
element.setOptions({ api: chat.chatkitApi() });
document.body.append(element);
