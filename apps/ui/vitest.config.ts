import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    environment: "node",
    globalSetup: "./test/build-page.ts",
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
