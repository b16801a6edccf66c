// `npm start`: everything from a fresh clone to the ready line.

import { spawn } from "node:child_process";
import { join } from "node:path";

import { environmentFor, findRuntime, install, root, runTool, say } from "./runtime.mjs";

const runtime = findRuntime();
install(runtime);
say("Building the user interface …");
const built = await runTool(runtime, "turbo", [
  "run",
  "build",
  "--filter=@sidekit/ui",
  "--filter=@sidekit/chatkit-element",
  "--output-logs=errors-only",
]);
if (built !== 0) {
  say("The user interface could not be built; the reason stands above.");
  process.exit(1);
}

/** No code from strings, no way around prototypes, no debugger by signal: the sidecar needs none of them. */
const nodeArguments = [
  "--disallow-code-generation-from-strings",
  "--disable-proto=delete",
  "--disable-sigusr1",
];
const env = environmentFor(runtime);
if (process.getuid?.() === 0 && env.SIDEKIT_ALLOW_ROOT === undefined) {
  say("You are root: fine to try Sidekit in a container. To serve people, start it as a user of its own.");
  env.SIDEKIT_ALLOW_ROOT = "yes";
}
const sidecar = spawn(runtime.node, [...nodeArguments, join(root, "apps/sidecar/src/main.ts")], {
  cwd: root,
  env,
  stdio: "inherit",
});
// In a terminal the sidecar hears Ctrl-C too; it takes echoes of one signal as one.
const parent = process.ppid;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => sidecar.kill(signal));
// npm may die without a word to its children; nobody could stop the sidecar then.
setInterval(() => {
  if (process.ppid !== parent) sidecar.kill("SIGTERM");
}, 1000).unref();
sidecar.on("error", () => {
  say("The sidecar could not be started.");
  process.exit(1);
});
sidecar.on("close", (status) => process.exit(status ?? 1));
