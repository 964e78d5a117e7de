import { defineConfig } from "vitest/config";

const TIMEOUT_MS = 30_000;

export default defineConfig({
  test: {
    globalSetup: "test/compile-cache.ts",
    // The default is one less than there are cores; tests wait for processes and disks as well.
    maxWorkers: "100%",
    projects: [
      {
        test: {
          name: "compiler",
          include: ["test/compiler/**/*.test.ts"],
          // They change nothing that others see, and loading TypeScript anew for each file is half of their time.
          isolate: false,
          testTimeout: TIMEOUT_MS,
        },
      },
      {
        test: {
          name: "others",
          include: ["test/**/*.test.ts"],
          exclude: ["test/compiler/**", "test/e2e/**", "test/e2e-node/**", "node_modules/**"],
          testTimeout: TIMEOUT_MS,
        },
      },
    ],
  },
});
