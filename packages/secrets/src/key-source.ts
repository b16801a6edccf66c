import type { Secret } from "./secret.ts";

/**
 * The one place that a key is configured to come from. No other place is tried (S133).
 */
export interface KeySource {
  /** The setting that people know it by, such as `OPENAI_API_KEY`. Never a value or a path. */
  readonly setting: string;
  /**
   * What stands there now, unchecked and as it was written. Throws SecretsError when nothing does, or when the place
   * itself cannot be trusted; the signal's reason when that aborts.
   */
  read(signal: AbortSignal): Promise<Secret>;
}
