// How the session is doing, and how long it lasts: to the second for eyes, to the minute for a screen reader that asks.

import { useEffect, useState } from "react";

import type { SessionState } from "./session-control.ts";
import { clockText, spokenText } from "./time-left.ts";

const tickMs = 1000;
const soonMs = 60_000;

export function SessionStatus({ session }: { readonly session: SessionState }) {
  if (session.state === "active") {
    // Each session has a clock of its own: a tick of the one before would show more time than there is.
    return <ActiveStatus key={session.session.id} expiresAtMs={session.session.expiresAtMs} />;
  }
  return (
    <p className="bar-state" data-state={session.state}>
      {stateText[session.state]}
    </p>
  );
}

/** `expiresAtMs` by this browser's own clock, right or wrong. */
function ActiveStatus({ expiresAtMs }: { readonly expiresAtMs: number }) {
  const leftMs = Math.max(0, expiresAtMs - useNowMs());
  return (
    <p className="bar-state" data-state={leftMs > 0 ? "active" : "expired"}>
      <span title={leftMs > 0 ? undefined : "The next message renews it."}>
        {leftMs > 0 ? "Active" : "Expired"}
      </span>
      {/* A timer is never announced by itself. */}
      <span className="countdown" role="timer" data-soon={leftMs <= soonMs || undefined}>
        <span aria-hidden="true">{clockText(leftMs)}</span>
        <span className="visually-hidden">{spokenText(leftMs)}</span>
      </span>
    </p>
  );
}

const stateText: Record<Exclude<SessionState["state"], "active">, string> = {
  starting: "Starting …",
  ended: "Ended",
  failed: "No session",
};

function useNowMs(): number {
  const [nowMs, setNowMs] = useState(Date.now);
  useEffect(() => {
    const ticking = setInterval(() => setNowMs(Date.now()), tickMs);
    return () => clearInterval(ticking);
  }, []);
  return nowMs;
}
