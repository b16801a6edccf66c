// `pnpm fuzz [seconds]`: ten minutes of inputs that nobody has thought of, unless told otherwise.

import { findRuntime, runTool, say } from "./runtime.mjs";

const defaultSeconds = 600;
const seconds = Number(process.argv[2] ?? defaultSeconds);
if (!Number.isInteger(seconds) || seconds < 5) {
  say(
    "usage: pnpm fuzz [seconds], at least 5. FUZZ_SEED repeats a run; e2e/fuzz/seeds.json keeps what broke something.",
  );
  process.exit(2);
}
const args = ["run", "--project=@sidekit/e2e", "e2e/fuzz"];
process.exit(await runTool(findRuntime(), "vitest", args, { env: { FUZZ_SECONDS: String(seconds) } }));
