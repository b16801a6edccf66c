// One profile: its session, and the chat that the session opens.

import type { SystemInfo } from "@sidekit/chat-session/contract";
import { useEffect, useId, useRef, useState, useSyncExternalStore, type MouseEvent } from "react";

import { ChatPanel, type ChatPanelHandle } from "./chat/chat-panel.tsx";
import type { ElementChoice } from "./chat/element-choice.ts";
import { ElementNotice } from "./chat/element-notice.tsx";
import { HostedSession } from "./chat/hosted-session.tsx";
import { InPlaceOfChat } from "./chat/in-place-of-chat.tsx";
import type { ApiKeys } from "./session/api-keys.ts";
import { KeyPanel } from "./session/key-panel.tsx";
import { foremostKey } from "./session/key-state.ts";
import { SessionBar } from "./session/session-bar.tsx";
import { createSessionControl } from "./session/session-control.ts";
import { connectSidecar } from "./sidecar.ts";
import { SiteBar } from "./site-bar.tsx";

type Profile = SystemInfo["profiles"][number];

export interface ProfilePageProps {
  readonly token: string;
  readonly profiles: readonly Profile[];
  /** The one to begin with. */
  readonly first: Profile;
  readonly apiKeys: ApiKeys;
  readonly element: ElementChoice;
  /** Another one has been chosen. */
  onProfile(profile: Profile): void;
  onRefused(): void;
}

export function ProfilePage(props: ProfilePageProps) {
  const { token, profiles, first, apiKeys, element, onProfile, onRefused } = props;
  const [{ profile, client, control }, setOpen] = useState(() => open(first));
  const { keys, isOpen: isKeyPanelOpen } = useSyncExternalStore(apiKeys.subscribe, apiKeys.current);
  const session = useSyncExternalStore(control.subscribe, control.current);
  const shown = useSyncExternalStore(element.subscribe, element.current);
  const [announcement, setAnnouncement] = useState({ text: "", count: 0 });
  const [wasAskedFor, setWasAskedFor] = useState(false);
  const chatRef = useRef<ChatPanelHandle>(null);
  const mainRef = useRef<HTMLElement>(null);
  const keyPanelId = useId();

  useEffect(() => void control.start(), [control]);

  const announce = (text: string) => setAnnouncement(({ count }) => ({ text, count: count + 1 }));

  async function renew(): Promise<void> {
    if (await control.renew()) announce("Session renewed");
  }

  function startAgain(): void {
    setWasAskedFor(true);
    void control.start();
  }

  function open(chosen: Profile) {
    const chosenClient = connectSidecar(token, chosen);
    const chosenControl = createSessionControl({ client: chosenClient, onRefused });
    return { profile: chosen, client: chosenClient, control: chosenControl };
  }

  function changeProfile(chosen: Profile): void {
    // Nobody uses it any more. Should the server not hear of it, the session ends by itself when its time is up.
    void control.end();
    setWasAskedFor(false);
    setOpen(open(chosen));
    onProfile(chosen);
  }

  function skip(event: MouseEvent): void {
    event.preventDefault();
    if (chatRef.current === null) mainRef.current?.focus();
    else chatRef.current.focusComposer();
  }

  return (
    <div className="frame">
      <nav className="skip" aria-label="Skip">
        <a className="skip-link" href="#chat" onClick={skip}>
          Skip to the message field
        </a>
      </nav>
      <SiteBar page="chat" />
      <SessionBar
        profiles={profiles}
        profile={profile}
        session={session}
        apiKey={foremostKey(keys)}
        keyPanel={{ id: keyPanelId, isOpen: isKeyPanelOpen, toggle: apiKeys.toggle }}
        onProfile={changeProfile}
        onRenew={() => void renew()}
        onEnd={() => void control.end()}
      />
      <div className="notices">
        <KeyPanel id={keyPanelId} apiKeys={apiKeys} />
        {session.state === "active" && session.problem !== null && (
          <p className="notice" data-problem role="alert">
            The session could not be renewed. {session.problem}
          </p>
        )}
        <ElementNotice shown={shown} />
        <output className="visually-hidden">
          <span key={announcement.count}>{announcement.text}</span>
        </output>
      </div>
      <main className="chat" id="chat" ref={mainRef} tabIndex={-1}>
        <h1 className="visually-hidden">Chat</h1>
        {content()}
      </main>
    </div>
  );

  function content() {
    switch (session.state) {
      case "starting":
        return <p className="in-place-of-chat">Starting a session …</p>;
      case "active":
        if (session.session.issuer === "hosted" && shown.kind !== "vendor") {
          return <HostedSession session={session.session} takesFocus={wasAskedFor} />;
        }
        if (shown.kind === "loading") return <p className="in-place-of-chat">Loading the chat …</p>;
        if (shown.kind === "failed") {
          return (
            <InPlaceOfChat heading="The chat element could not be loaded" takesFocus={wasAskedFor}>
              <p role="alert">{shown.reason}</p>
              <button type="button" className="button primary" onClick={() => location.reload()}>
                Reload
              </button>
            </InPlaceOfChat>
          );
        }
        return (
          <>
            <h2 className="visually-hidden">Conversation</h2>
            <ChatPanel
              key={`${profile.name} ${shown.kind}`}
              ref={chatRef}
              client={client}
              features={session.session.features}
              element={element}
              tag={shown.kind === "fallback" ? "sidekit-chat" : "openai-chatkit"}
              takesFocus={wasAskedFor}
              onRefused={onRefused}
            />
          </>
        );
      case "ended":
        return (
          <InPlaceOfChat heading="The session has ended" takesFocus>
            <p>
              {session.problem === null
                ? "Its client secret no longer opens anything. Your conversations are kept."
                : `The server could not be told: ${session.problem} The session ends by itself when its time is up.`}
            </p>
            <button type="button" className="button primary" onClick={startAgain}>
              Start a session
            </button>
          </InPlaceOfChat>
        );
      case "failed":
        return (
          <InPlaceOfChat heading="A session could not be started" takesFocus={wasAskedFor}>
            <p role="alert">{session.problem}</p>
            <button type="button" className="button primary" onClick={startAgain}>
              Try again
            </button>
          </InPlaceOfChat>
        );
    }
  }
}
