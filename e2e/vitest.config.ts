import { defineConfig } from "vitest/config";

export default defineConfig({
  // Real processes and browsers, one file at a time: a busy machine must not turn waits into failures.
  test: { name: "@sidekit/e2e", testTimeout: 60_000, hookTimeout: 60_000, fileParallelism: false },
});
