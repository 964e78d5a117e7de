import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createProject } from "../../cli/project.ts";

const USE_CASE = `import { useCase } from "fivefold";

export interface Greeted {
  name: string;
}

export default useCase<Greeted>({
  owner: "team",
  execution: { release: { steps: [1, 100] } },
  handler: (event) => console.log("hello", event.name),
});
`;

test("a rollout is shown, and ended by hand either way, once that is written down", async () => {
  const project = await createProject({ "usecases/greet.ts": USE_CASE, "package.json": '{ "type": "module" }' });
  expect((await project.fivefold("build")).code).toBe(0);
  const start = async (release: string) => {
    const worker = project.start(["start", "--release", release, "--metrics-port", "0"]);
    await worker.prints("runs greet");
    return worker;
  };
  const state = async () => {
    const { code, stdout } = await project.fivefold("rollout", "status", "--json");
    return { code, ...JSON.parse(stdout).useCases[0] };
  };
  const [first, second] = [await start("a"), await start("b")];
  await expect.poll(state, { timeout: 20_000 }).toMatchObject({ code: 0, stable: "a", rollout: { release: "b" } });

  const unwritten = await project.fivefold("rollout", "back", "greet", "--audit", join(project.root, "usecases"));
  expect([unwritten.code, unwritten.stderr]).toEqual([3, expect.stringContaining("can't be written")]);
  expect(await state()).toMatchObject({ rollout: { release: "b" } });

  expect((await project.fivefold("rollout", "back", "greet", "--why", "it greets too loud")).code).toBe(0);
  const rolledBack = {
    release: "b",
    verdict: "rolled back",
    why: expect.stringMatching(/ said so: it greets too loud$/),
  };
  expect(await state()).toMatchObject({ code: 1, stable: "a", ended: [rolledBack] });
  const again = await project.fivefold("rollout", "back", "greet");
  expect([again.code, again.stderr]).toEqual([2, expect.stringContaining("No new release of 'greet' is taking over")]);

  const third = await start("c");
  await expect.poll(state, { timeout: 20_000 }).toMatchObject({ rollout: { release: "c" } });
  expect((await project.fivefold("rollout", "promote", "greet")).code).toBe(0);
  expect(await state()).toMatchObject({
    code: 0,
    stable: "c",
    ended: [{ release: "c", verdict: "promoted" }, rolledBack],
  });

  const lines = (await readFile(join(project.root, ".fivefold", "audit.jsonl"), "utf8")).trim().split("\n");
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { action: "rollout back", useCase: "greet", release: "b", why: "it greets too loud" },
    { action: "rollout promote", useCase: "greet", release: "c" },
  ]);
  for (const worker of [first, second, third]) {
    worker.process.kill("SIGTERM");
    expect((await worker.ended()).code).toBe(0);
  }
});
