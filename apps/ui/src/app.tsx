// What the page of the chat shows: how to get in, why it cannot, or the chat.

import { useEffect, useState, useSyncExternalStore } from "react";

import { AddressForm } from "./address-form.tsx";
import { launchToken, onLaunchToken } from "./boot.ts";
import { ChatPage } from "./chat-page.tsx";
import { createConnection } from "./connection.ts";
import { Screen } from "./screen.tsx";

export function App() {
  const token = useSyncExternalStore(onLaunchToken, launchToken);
  return token === null ? <AskForAddress /> : <WithSidecar key={token} token={token} />;
}

function AskForAddress() {
  return (
    <Screen heading="Open the address that was printed">
      <p>
        <code>npm start</code> ends with a line that begins with “Sidekit ready at”. Open the whole address in
        it: the part after <code>#</code> is what lets you in.
      </p>
      <AddressForm />
    </Screen>
  );
}

function WithSidecar({ token }: { readonly token: string }) {
  const [connection] = useState(() => createConnection(token));
  const found = useSyncExternalStore(connection.subscribe, connection.current);
  useEffect(() => void connection.connect(), [connection]);
  const retry = () => void connection.connect();
  switch (found.state) {
    case "connecting":
      return (
        <main className="screen" aria-busy="true">
          <output>Connecting to Sidekit …</output>
        </main>
      );
    case "refused":
      return (
        <Screen heading="This address is no longer valid">
          <p>
            Sidekit was started anew since, and every start has an address of its own. Open the one it printed
            last, or paste it here.
          </p>
          <AddressForm />
        </Screen>
      );
    case "unreachable":
      return (
        <Screen heading="Sidekit does not answer">
          <p>It may have been stopped, or be starting. Look at the terminal where it runs, then try again.</p>
          <Retry onRetry={retry} />
        </Screen>
      );
    case "failed":
      return (
        <Screen heading="Sidekit cannot serve this page now">
          <p>{found.message}</p>
          <Retry onRetry={retry} />
        </Screen>
      );
    case "ready":
      return <ChatPage {...found} token={token} onRefused={connection.refuse} />;
  }
}

function Retry({ onRetry }: { onRetry(): void }) {
  return (
    <button type="button" className="button primary" onClick={onRetry}>
      Try again
    </button>
  );
}
