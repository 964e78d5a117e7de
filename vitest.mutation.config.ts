import { defineConfig } from "vitest/config";

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
    testTimeout: 30_000,
  },
});
