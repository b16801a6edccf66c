// What a key reports while it is used. Safe to log: keys are named by fingerprint and by their position in the ring.

import type { SecretsErrorCode } from "./errors.ts";
import type { KeySourceKind } from "./key-source.ts";

export type KeyObservation =
  /** In use from now on; the first one of this process, or the first after a revocation. */
  | (InUse & { readonly event: "key.loaded"; readonly source: KeySourceKind })
  /** In use from now on, in place of another one. */
  | (InUse & { readonly event: "key.rotated"; readonly source: KeySourceKind; readonly previous: string })
  /** The overlap is over: the one before is forgotten. */
  | (InUse & { readonly event: "key.retired" })
  /** What stands in the source is not used; the fingerprint is that of the key which still is, null when none is. */
  | (About & {
      readonly event: "key.rejected";
      readonly code: SecretsErrorCode;
      readonly fingerprint: string | null;
    })
  /** Gone from its source. It is given up after this time, unless one comes back. */
  | (InUse & { readonly event: "key.removed"; readonly graceMs: number })
  /** Given up, because it has stayed away. */
  | (InUse & { readonly event: "key.revoked" });

interface About {
  readonly keyId: string;
}

interface InUse extends About {
  readonly fingerprint: string;
  /** 1 for the first key of this process; one more with each that took its place. */
  readonly position: number;
}
