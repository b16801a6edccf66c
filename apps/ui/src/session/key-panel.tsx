// How the API keys are doing: what is wrong, how to mend it, and a way to have them checked now. The sentences are
// the server's.

import type { ApiKeyStatus } from "@sidekit/chat-session/contract";
import { RefreshCw } from "lucide-react";
import { useSyncExternalStore } from "react";

import type { ApiKeys } from "./api-keys.ts";
import { hasProblem, keyStateText } from "./key-state.ts";

export interface KeyPanelProps {
  readonly id: string;
  readonly apiKeys: ApiKeys;
}

export function KeyPanel({ id, apiKeys }: KeyPanelProps) {
  const { keys, isChecking, failure, isOpen } = useSyncExternalStore(apiKeys.subscribe, apiKeys.current);
  return (
    <section
      id={id}
      className="key-panel"
      aria-label="API keys"
      hidden={!isOpen || keys.length === 0}
      data-problem={keys.some(hasProblem) || undefined}
    >
      <ul aria-live="polite">
        {keys.map((key) => (
          <KeyRow key={key.id} status={key} />
        ))}
      </ul>
      <div className="key-check">
        <button
          type="button"
          className="button"
          aria-disabled={isChecking}
          aria-busy={isChecking}
          onClick={isChecking ? undefined : () => void apiKeys.check()}
        >
          <RefreshCw size={14} aria-hidden="true" />
          Check now
        </button>
        {failure !== null && <p role="alert">{failure}</p>}
      </div>
    </section>
  );
}

function KeyRow({ status }: { readonly status: ApiKeyStatus }) {
  // What is wrong with the key in use comes before what is wrong with the one that was to take its place.
  const { problem, mend } = status.problem === null ? (status.alert ?? status) : status;
  return (
    <li>
      <p>
        <strong>{problem ?? `The API key is ${keyStateText[status.state]}.`}</strong>
        {mend !== null && <> {mend}</>}
      </p>
      <dl className="facts">
        <div>
          <dt>Source</dt>
          <dd>{status.source}</dd>
        </div>
        {status.fingerprint !== null && (
          <div>
            <dt>Fingerprint</dt>
            <dd>
              <code>{status.fingerprint}</code>
            </dd>
          </div>
        )}
        {status.checkedAt !== null && (
          <div>
            <dt>Checked</dt>
            <dd>
              <time dateTime={status.checkedAt}>{new Date(status.checkedAt).toLocaleTimeString()}</time>
            </dd>
          </div>
        )}
      </dl>
    </li>
  );
}
