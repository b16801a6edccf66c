import { defineConfig } from "vitest/config";

export default defineConfig({
  // Each test runs the program as a process of its own, some of them several times.
  test: { testTimeout: 30_000 },
});
