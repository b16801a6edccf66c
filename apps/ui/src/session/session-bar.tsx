// The bar above the chat: which profile, which issuer, how the session is doing, and what one can do about it.

import type { ApiKeyStatus, SystemInfo } from "@sidekit/chat-session/contract";
import { ChevronDown, KeyRound } from "lucide-react";
import { useId, useState } from "react";

import { hasProblem, keyStateText } from "./key-state.ts";
import type { SessionState } from "./session-control.ts";
import { SessionStatus } from "./session-status.tsx";

type Profile = SystemInfo["profiles"][number];

export interface SessionBarProps {
  readonly profiles: readonly Profile[];
  readonly profile: Profile;
  readonly session: SessionState;
  /** The key to show; null when there is none to speak of. */
  readonly apiKey: ApiKeyStatus | null;
  /** The panel that tells more about the key. */
  readonly keyPanel: { readonly id: string; readonly isOpen: boolean; toggle(): void };
  onProfile(profile: Profile): void;
  onRenew(): void;
  onEnd(): void;
}

const issuerText: Record<Profile["issuer"], string> = { local: "local", hosted: "hosted by OpenAI" };

export function SessionBar(props: SessionBarProps) {
  const { profile, session, apiKey, keyPanel } = props;
  const [isOpen, setIsOpen] = useState(false);
  const detailsId = useId();
  const pending = session.state === "active" ? session.pending : null;

  return (
    <section className="bar" aria-label="Session">
      <SessionStatus session={session} />
      <button
        type="button"
        className="button bar-toggle"
        aria-expanded={isOpen}
        aria-controls={detailsId}
        aria-label="Session details"
        onClick={() => setIsOpen(!isOpen)}
      >
        <ChevronDown size={16} aria-hidden="true" />
      </button>
      <div className="bar-details" id={detailsId} data-open={isOpen || undefined}>
        <ProfileChoice profiles={props.profiles} profile={profile} onProfile={props.onProfile} />
        <dl className="facts">
          <div>
            <dt>Issuer</dt>
            <dd>{issuerText[profile.issuer]}</dd>
          </div>
        </dl>
        <div className="bar-actions">
          {session.state === "active" && (
            <>
              <SessionButton
                isPending={pending === "renewing"}
                isBlocked={pending !== null}
                onPress={props.onRenew}
              >
                Renew
              </SessionButton>
              <SessionButton
                isPending={pending === "ending"}
                isBlocked={pending !== null}
                onPress={props.onEnd}
              >
                End session
              </SessionButton>
            </>
          )}
          {apiKey !== null && (
            <button
              type="button"
              className="button key-chip"
              data-problem={hasProblem(apiKey) || undefined}
              aria-expanded={keyPanel.isOpen}
              aria-controls={keyPanel.id}
              onClick={keyPanel.toggle}
            >
              <KeyRound size={14} aria-hidden="true" />
              API key: {keyStateText[apiKey.state]}
            </button>
          )}
        </div>
      </div>
    </section>
  );
}

function ProfileChoice(props: Pick<SessionBarProps, "profiles" | "profile" | "onProfile">) {
  const { profiles, profile, onProfile } = props;
  const selectId = useId();
  function choose(name: string): void {
    const chosen = profiles.find((each) => each.name === name);
    if (chosen !== undefined) onProfile(chosen);
  }
  if (profiles.length === 1) {
    return (
      <dl className="facts">
        <div>
          <dt>Profile</dt>
          <dd>{profile.name}</dd>
        </div>
      </dl>
    );
  }
  return (
    <span className="profile">
      <label htmlFor={selectId}>Profile</label>
      <select id={selectId} value={profile.name} onChange={(event) => choose(event.target.value)}>
        {profiles.map(({ name }) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </span>
  );
}

interface SessionButtonProps {
  readonly children: string;
  readonly isPending: boolean;
  readonly isBlocked: boolean;
  onPress(): void;
}

/** Keeps the focus while it waits, which a disabled button would lose. */
function SessionButton({ children, isPending, isBlocked, onPress }: SessionButtonProps) {
  return (
    <button
      type="button"
      className="button"
      aria-disabled={isBlocked}
      aria-busy={isPending}
      onClick={isBlocked ? undefined : onPress}
    >
      {children}
    </button>
  );
}
