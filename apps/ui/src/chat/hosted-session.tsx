// A session for a chat that OpenAI serves: minted for real, but not for our element to show.

import type { SessionSnapshot } from "@sidekit/chat-session/client";

import { InPlaceOfChat } from "./in-place-of-chat.tsx";

export interface HostedSessionProps {
  readonly session: SessionSnapshot;
  readonly takesFocus: boolean;
}

export function HostedSession({ session, takesFocus }: HostedSessionProps) {
  const expiresAt = new Date(session.expiresAtMs);
  return (
    <InPlaceOfChat heading="This session is hosted by OpenAI" takesFocus={takesFocus}>
      <p>
        Only OpenAI’s own element can show its conversation: <code>SIDEKIT_ELEMENT=vendor</code> has this page
        load it. The session is real all the same: whoever asks this server for one gets a client secret that
        opens the hosted chat.
      </p>
      <dl className="fact-list">
        <dt>Session</dt>
        <dd>
          <code>{session.id}</code>
        </dd>
        <dt>Profile</dt>
        <dd>{session.profile}</dd>
        <dt>Expires</dt>
        <dd>
          <time dateTime={expiresAt.toISOString()}>{expiresAt.toLocaleTimeString()}</time>
        </dd>
        <dt>Limit</dt>
        <dd>{session.limits.maxRequestsPerMinute} messages a minute</dd>
      </dl>
    </InPlaceOfChat>
  );
}
