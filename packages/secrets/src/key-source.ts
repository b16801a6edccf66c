import type { Secret } from "./secret.ts";

/** Where a key can stand. */
export type KeySourceKind = "environment" | "file" | "keychain" | "host";

/**
 * The one place that a key is configured to come from. No other place is tried (S133).
 */
export interface KeySource {
  readonly kind: KeySourceKind;
  /** The setting that people know it by, such as `OPENAI_API_KEY`. Never a value or a path. */
  readonly setting: string;
  /** How long a value has to stand unchanged before it may be used, in ms; 0 where it is whole at once (S137). */
  readonly settleMs: number;
  /**
   * What stands there now, unchecked and as it was written. Throws SecretsError when nothing does, or when the place
   * itself cannot be trusted; the signal's reason when that aborts.
   */
  read(signal: AbortSignal): Promise<Secret>;
  /**
   * A mark that is another one whenever `read` may give something else: cheap enough to ask for every few seconds, and
   * no secret. Null where only `read` can tell. Never throws for what stands there.
   */
  mark(): Promise<string | null>;
}
