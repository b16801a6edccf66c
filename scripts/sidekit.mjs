// `npm run sidekit -- …`: the command line from a fresh clone.

import { spawn } from "node:child_process";
import { join } from "node:path";

import { environmentFor, findRuntime, install, root } from "./runtime.mjs";

const runtime = findRuntime();
install(runtime);
const cli = spawn(runtime.node, [join(root, "apps/cli/src/main.ts"), ...process.argv.slice(2)], {
  env: environmentFor(runtime),
  stdio: "inherit",
});
// A terminal gives Ctrl-C to both; the first one stops an answer and leaves the program running.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => cli.kill("SIGTERM"));
cli.on("error", () => process.exit(1));
cli.on("close", (status) => process.exit(status ?? 1));
