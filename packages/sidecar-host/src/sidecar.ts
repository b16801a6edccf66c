// What a parent process holds of its sidecar: the types of `spawnSidecar`.

import type { Secret } from "@sidekit/secrets";

import type { SidecarHostError } from "./errors.ts";
import type { RestartPolicy } from "./restart.ts";

export interface SpawnSidecarOptions {
  /** The sidecar's `src/main.ts`, as an absolute path. */
  readonly entry: string;
  /** The Node that runs it, as an absolute path. Default: the program that this process runs in. */
  readonly node?: string;
  /**
   * Every variable that the sidecar gets; nothing else of this process's environment reaches it. Settings of the sidecar, and
   * what its keychain needs (`HOME`, `DBUS_SESSION_BUS_ADDRESS`). Credentials are refused here, as are the address and
   * port, which are not for anybody to choose.
   */
  readonly environment?: Readonly<Record<string, string>>;
  /**
   * By id. `upstream` is the key of every profile that names no other; further ids stand in `sidekit.config.json`. Null: it
   * comes later, by `setKey`.
   */
  readonly keys?: Readonly<Record<string, Secret | null>>;
  /** Exact origins of the pages that may call, at most 16. */
  readonly origins?: readonly string[];
  /** From the start of the process to the proof that its port is its own. Default 20 s. */
  readonly readyDeadlineMs?: number;
  /** How long `close` waits for running answers before the process is killed. Default 10 s. */
  readonly closeDeadlineMs?: number;
  /** Null: a sidecar that ends stays down. Default: after 0.5, 1, 2 and 4 s, and no more than that in a minute. */
  readonly restart?: RestartPolicy | null;
  /** Each line that the sidecar writes. Must not throw. */
  readonly onLine?: (line: OutputLine) => void;
  /** Each change of the state, the first one included. Must not throw. */
  readonly onState?: (state: SidecarState) => void;
  /** Ends the start; later it closes the sidecar. */
  readonly signal?: AbortSignal;
}

export interface OutputLine {
  readonly stream: "stdout" | "stderr";
  /** At most 16 KiB of it. */
  readonly text: string;
  readonly cut: boolean;
}

export type SidecarState =
  | { readonly kind: "starting" }
  | { readonly kind: "running"; readonly pid: number }
  /** It ended by itself, and is started again after the delay. */
  | { readonly kind: "waiting"; readonly delayMs: number; readonly error: SidecarHostError }
  /** For good. */
  | { readonly kind: "failed"; readonly error: SidecarHostError }
  | { readonly kind: "closing" }
  | { readonly kind: "closed" };

/** Of the process that runs now: another one after each restart. */
export interface SidecarAddress {
  /** Without a path: `http://127.0.0.1:49152`. */
  readonly url: string;
  /** Asks for sessions in the name of this parent. Not for pages, logs, files or addresses. */
  readonly launchToken: string;
}

/** All failures are SidecarHostError, or the reason of a signal. */
export interface Sidecar extends AsyncDisposable {
  readonly state: SidecarState;
  /**
   * Waits while the sidecar starts, then has whoever answers on its port prove to be this parent's own (S5). To be asked for
   * each time before a credential is sent there, or a page is told to send one.
   */
  address(signal: AbortSignal): Promise<SidecarAddress>;
  /**
   * Replaces a key while it is in use; null takes it away (S148). Resolves when the sidecar has taken it, and at once while
   * none runs: the next one starts with it. Rejects when the sidecar refuses it, and the one before stays.
   */
  setKey(id: string, key: Secret | null, signal: AbortSignal): Promise<void>;
  /** Lets the pages of an origin call, also after a restart (S19). */
  addOrigin(origin: string, signal: AbortSignal): Promise<void>;
  /** No page of it may call any more; its sessions end, and their open streams (S19). */
  removeOrigin(origin: string, signal: AbortSignal): Promise<void>;
  /** Ends the sidecar: in peace, and by force after the deadline. Every call gets the same end. Never rejects. */
  close(): Promise<void>;
}
