// Your own server: hands a session to whoever is signed in. The service key stays here; a page gets a secret of ten minutes.

import { createServer, type IncomingMessage } from "node:http";

import { createChatSessionClient } from "@sidekit/chat-session/client";

const serviceKey = process.env["SIDEKIT_SERVICE_KEY"] ?? "";

createServer(async (request, response) => {
  const user = signedInUser(request);
  if (request.method !== "POST" || request.url !== "/api/chat-session" || user === null) {
    response.writeHead(404).end();
    return;
  }
  try {
    const session = await sessionsOf(user).createSession();
    response.writeHead(200, { "content-type": "application/json", "cache-control": "no-store" });
    response.end(JSON.stringify(session));
  } catch {
    response.writeHead(503).end();
  }
}).listen(3000, "127.0.0.1");

/** Sidekit's procedures, typed, for one user: the key needs the rights `sessions` and `impersonate`. */
function sessionsOf(user: string) {
  return createChatSessionClient({
    url: "http://127.0.0.1:4310/trpc",
    issuerCredential: () => serviceKey,
    fetch(input, init) {
      const headers = new Headers(init?.headers);
      headers.set("x-sidekit-user", user);
      return fetch(input, { ...init, headers });
    },
  });
}

/** Yours: from the cookie or token of your own sign-in. */
function signedInUser(_request: IncomingMessage): string | null {
  return "ann";
}
