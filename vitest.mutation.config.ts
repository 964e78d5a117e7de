import { defineConfig } from "vitest/config";

/**
 * Take longer than the rest together, and drive transports and stores rather than layers: a run over layers leaves them out
 * (FIVEFOLD_MUTATION=layers), since a mutant that survives runs every test that reaches it.
 */
const SLOW = [
  "test/transport/{embedded,damage,processes,open-chunks-damage,memory,failover,crash,storage-full}.test.ts",
  "test/runtime/{blocked-loop,what-waits,crashing-handlers,dead-letters}.test.ts",
  "test/runtime/storage/open-gate.test.ts",
];

/** The tests that a mutation run asks whether they notice a change: those of the runtime, without servers. */
export default defineConfig({
  plugins: [
    {
      name: "names-as-stryker-writes-them",
      /**
       * Stryker 10 chooses tests by names that it joins with a space, where Vitest 5 joins them with " > ": without this
       * no test inside a `describe` would ever run, and every mutant would survive.
       */
      configureVitest({ project }: { project: { config: { testNamePattern?: RegExp | undefined } } }) {
        let pattern: RegExp | undefined;
        Object.defineProperty(project.config, "testNamePattern", {
          enumerable: true,
          get: () => pattern,
          set(given: RegExp | undefined) {
            pattern = given && new RegExp(given.source.replaceAll(" ", "(?: | > )"));
          },
        });
      },
    },
  ],
  test: {
    include: ["test/{runtime,simulation,transport}/**/*.test.ts"],
    exclude: process.env.FIVEFOLD_MUTATION === "layers" ? SLOW : [],
    testTimeout: 30_000,
  },
});
