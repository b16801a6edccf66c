// Bounds of the server (L10, L16, L17, L26).

export interface ChatKitLimits {
  /** Answers at a time, per owner and in all. */
  readonly runsPerOwner: number;
  readonly runs: number;
  /** A whole run. */
  readonly runMs: number;
  /** Between two events of a responder, and for any other answer of the application. */
  readonly silenceMs: number;
  /** For a responder to come to an end after it was told to. */
  readonly farewellMs: number;
  /** One store operation. */
  readonly storeMs: number;
  /** What the furthest reader may leave unsent before the responder is paused, in UTF-16 code units. */
  readonly unsentChars: number;
}

export const defaultLimits: ChatKitLimits = {
  runsPerOwner: 4,
  runs: 1000,
  runMs: 600_000,
  silenceMs: 60_000,
  farewellMs: 5_000,
  storeMs: 10_000,
  unsentChars: 1_048_576,
};
