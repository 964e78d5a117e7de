import { defineConfig } from "vitest/config";

/** A stack on a real node: `npm run test:e2e:node`, as root, where its parts are cached. */
export default defineConfig({
  test: {
    include: ["test/e2e-node/**/*.test.ts"],
    testTimeout: 600_000,
    hookTimeout: 600_000,
    fileParallelism: false,
  },
});
