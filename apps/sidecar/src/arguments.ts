// The sidecar takes no arguments. A credential among them has been seen by every program of the machine.

import { scrubText } from "@sidekit/secrets";

import { StartError } from "./start-error.ts";

/** Also what only claims to be one: `--api-key=…`. */
const secretOption = /^--?([a-z]+-)*(token|secret|key|password|credential)s?(=|$)/i;

/** Throws StartError, which does not repeat the credential (S134). */
export function refuseSecretArguments(argv: readonly string[]): void {
  if (!argv.some((argument) => secretOption.test(argument) || scrubText(argument) !== argument)) return;
  throw new StartError(
    "A key or token may not stand on the command line, where other programs can read it. Treat it as compromised, and put the next one in OPENAI_API_KEY_FILE, the keychain or OPENAI_API_KEY.",
    { exitStatus: 64 },
  );
}
