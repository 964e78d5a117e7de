import { defineConfig } from "vitest/config";

/** The tests that a mutation run asks whether they notice a change: those of the runtime, without servers. */
export default defineConfig({
  test: {
    include: ["test/{runtime,simulation,transport}/**/*.test.ts"],
    testTimeout: 30_000,
  },
});
