// What `sidekit doctor` hears from the sidecar: every check has a deadline, and one that fails says so by itself.

import type { Examine } from "@sidekit/chat-session";
import type { Finding } from "@sidekit/chat-session/contract";

/** With the way there and back it stays below what a client waits for a call. */
const checkMs = 10_000;

/** What one check has found; nothing where it does not apply. A rejection is a finding, too. */
export interface Check {
  readonly name: Finding["check"];
  /** What goes wrong without what is checked. */
  readonly why: string;
  run(signal: AbortSignal): Promise<readonly CheckResult[]>;
}

export type CheckResult =
  | { readonly status: "ok"; readonly what: string }
  | { readonly status: "warning" | "broken"; readonly what: string; readonly mend: string };

/** All checks at once, their findings in the order of the checks. */
export function createExamination(checks: readonly Check[], deadlineMs = checkMs): Examine {
  return async (signal) => {
    const found = await Promise.all(
      checks.map((check) =>
        resultsOf(check, AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)])).then((results) =>
          results.map((result): Finding => findingOf(check, result)),
        ),
      ),
    );
    return found.flat();
  };
}

async function resultsOf(check: Check, signal: AbortSignal): Promise<readonly CheckResult[]> {
  const late = Promise.withResolvers<never>();
  const giveUp = () => late.reject(signal.reason);
  signal.addEventListener("abort", giveUp, { once: true });
  try {
    return await Promise.race([check.run(signal), late.promise]);
  } catch {
    const what = signal.aborted ? "This check did not end in time." : "This check could not be carried out.";
    return [{ status: "warning", what, mend: "Run the doctor again; the sidecar's log may say more." }];
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}

function findingOf({ name, why }: Check, result: CheckResult): Finding {
  const { status, what } = result;
  if (result.status === "ok") return { check: name, status, what, why: null, mend: null };
  return { check: name, status, what, why, mend: result.mend };
}
