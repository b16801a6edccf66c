// Runs turbo with its telemetry off, which it can be told by a variable only.

import { spawn } from "node:child_process";

const turbo = spawn("turbo", process.argv.slice(2), {
  env: { ...process.env, TURBO_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1" },
  stdio: "inherit",
  shell: process.platform === "win32",
});
turbo.on("error", () => process.exit(1));
turbo.on("close", (status) => process.exit(status ?? 1));
