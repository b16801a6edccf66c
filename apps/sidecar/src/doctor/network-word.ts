const word = /^[A-Z][A-Z0-9_]{0,47}$/;

/** The code of a connection that failed, such as `ECONNREFUSED`: never a message, which may quote what was sent. */
export function networkWord(error: unknown): string {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth++) {
    if ("code" in cause && typeof cause.code === "string" && word.test(cause.code)) return cause.code;
  }
  return "no connection";
}
