// `pnpm pictures`: makes the pictures that the tests compare with, and those of the README, anew.

import { findRuntime, runTool } from "./runtime.mjs";

const runtime = findRuntime();
const env = { TEST_UPDATE_PICTURES: "1" };
const built = await runTool(runtime, "turbo", ["run", "build", "--output-logs=errors-only"]);
if (built !== 0) process.exit(built);
const gallery = ["run", "--project=@sidekit/ui", "apps/ui/test/gallery-pictures.test.ts"];
const page = ["run", "--project=@sidekit/e2e", "e2e/browser.test.ts", "-t", "pictures"];
for (const args of [gallery, page]) {
  const status = await runTool(runtime, "vitest", args, { env });
  if (status !== 0) process.exit(status);
}
