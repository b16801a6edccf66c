// The files that the page shows, as they are: a test runs each of them against a sidecar.

/* oxlint-disable import/default -- the files are read as text */
import plain from "../../snippets/plain.html?raw";
import react from "../../snippets/react.tsx?raw";
import server from "../../snippets/server.ts?raw";
import vue from "../../snippets/vue.vue?raw";
/* oxlint-enable import/default */

export interface Snippet {
  readonly title: string;
  readonly file: string;
  /** What to know before it is copied. */
  readonly note: string;
  readonly text: string;
}

/** Where the files say that Sidekit is. */
const writtenOrigin = "http://127.0.0.1:4310";

/** With the address of the server that this page came from. */
export function snippetsFor(origin: string): readonly Snippet[] {
  return [
    {
      title: "React",
      file: "chat.tsx",
      note: "The vendor’s React binding, unmodified. Needs @openai/chatkit-react, @sidekit/chatkit-element and @sidekit/chat-session. Your users’ access tokens are checked by SIDEKIT_JWKS_URL and the settings beside it.",
      text: react,
    },
    {
      title: "Plain HTML",
      file: "chat.html",
      note: "One script tag, nothing to build. The session comes from your own server, below.",
      text: plain,
    },
    {
      title: "Vue",
      file: "chat.vue",
      note: "Needs @sidekit/chatkit-element. The session comes from your own server, below.",
      text: vue,
    },
    {
      title: "Your server",
      file: "server.ts",
      note: "createSession from TypeScript, for one of your users. Needs a service key, made with: pnpm sidekit service-key create.",
      text: server,
    },
  ].map((snippet) => ({ ...snippet, text: snippet.text.replaceAll(writtenOrigin, origin) }));
}
