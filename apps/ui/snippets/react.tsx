// The chat as a React component: the vendor's own binding, over Sidekit's element under the vendor's tag.

import { ChatKit, useChatKit } from "@openai/chatkit-react";
import { createChatSessionClient } from "@sidekit/chat-session/client";
import { registerAs } from "@sidekit/chatkit-element";

registerAs("openai-chatkit");

/** Mints sessions, renews them, and tells the server when the stop button is pressed. */
const chat = createChatSessionClient({
  url: "http://127.0.0.1:4310/trpc",
  issuerCredential: accessToken,
});

export function Chat() {
  const { control } = useChatKit({ api: chat.chatkitApi() });
  return <ChatKit control={control} style={{ display: "block", height: "100dvh" }} />;
}

/** Yours: the access token of whoever is signed in, as your application hands it to its pages. */
async function accessToken(): Promise<string> {
  const answer = await fetch("/api/access-token", { method: "POST" });
  if (!answer.ok) throw new Error("Nobody is signed in.");
  return answer.text();
}
