import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createProject } from "../../cli/project.ts";

/** A use case whose tasks end once there is a file `end` beside it. */
const useCaseOf = (settings: string) => `import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { every, useCase } from "fivefold";

export interface Asked {
  key: string;
}

export default useCase<Asked>({
  owner: "team",
  ${settings}
  handler: async () => {
    while (!existsSync(\`\${import.meta.dirname}/end\`)) await sleep(50);
  },
});
`;

test("why says for each use case what keeps its tasks from running", async () => {
  const project = await createProject({
    "usecases/behind.ts": useCaseOf('scheduler: { orderBy: "key" },'),
    "usecases/idle.ts": useCaseOf(""),
    "usecases/later.ts": useCaseOf(""),
    "usecases/limited.ts": useCaseOf("flowControl: { maxInFlight: 2 },"),
    "usecases/held.ts": useCaseOf(""),
    "usecases/rated.ts": useCaseOf('flowControl: { rate: every("1h") },'),
    "package.json": '{ "type": "module" }',
  });
  expect((await project.fivefold("build")).code).toBe(0);
  const send = (name: string, ...more: string[]) => project.fivefold("enqueue", name, '{ "key": "a" }', ...more);
  const reasons = async () => {
    const { stdout } = await project.fivefold("why", "--json");
    const { subscribers } = JSON.parse(stdout);
    return Object.fromEntries(
      subscribers.map(({ useCase, reason }: { useCase: string; reason: string }) => [useCase, reason]),
    );
  };
  await send("limited");
  expect((await reasons()).limited).toBe("no-worker");
  const none = await project.fivefold("why", "limited");
  expect(none.stdout).toContain("limited  No worker runs it");

  const dev = project.start(["dev"]);
  await dev.prints("6 use cases");
  await Promise.all([send("limited"), send("limited"), send("limited")]);
  await Promise.all([send("behind"), send("behind"), send("rated"), send("rated")]);
  await send("later", "--delay", "1h");
  await project.fivefold("pause", "held");
  await send("held");
  await expect.poll(reasons, { timeout: 20_000, interval: 500 }).toEqual({
    ...{ behind: "behind-keys", idle: "nothing-waits", later: "not-due" },
    ...{ limited: "limit", held: "paused", rated: "rate" },
  });
  const { stdout } = await project.fivefold("why", "later");
  expect(stdout).toMatch(/later {2}Nothing is due: the first of 1 is in (60|59) min\./);
  writeFileSync(join(project.root, "usecases", "end"), "");
  dev.process.kill("SIGINT");
  await dev.ended();
}, 120_000);
