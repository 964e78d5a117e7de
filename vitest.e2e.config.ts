import { defineConfig } from "vitest/config";

/** Tests that install packages or run for minutes: `npm run test:e2e`. */
export default defineConfig({
  test: {
    include: ["test/e2e/**/*.test.ts"],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // Each packs or starts whole processes: side by side they would only wait for each other.
    fileParallelism: false,
    // Brokers and servers share the machine with their tests: one that was slow once is tried again, and shown as such.
    retry: 1,
  },
});
