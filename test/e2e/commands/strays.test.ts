import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createProject, startCommand } from "../../cli/project.ts";

function useCaseText(priority: string): string {
  return `import { useCase } from "fivefold";

export interface Greeted {
  name: string;
}

export default useCase<Greeted>({
  owner: "team",
  flowControl: { priority: "${priority}" },
  handler: (event) => console.log("hello", event.name),
});
`;
}

test("what waits in the topic of an old priority is told by dev, listed, and moved after a dry run", async () => {
  const project = await createProject({
    "usecases/greet.ts": useCaseText("low"),
    "package.json": '{ "type": "module" }',
    "tsconfig.json": JSON.stringify({
      compilerOptions: {
        module: "nodenext",
        target: "es2024",
        types: ["node"],
        strict: true,
        noEmit: true,
        skipLibCheck: true,
        allowImportingTsExtensions: true,
      },
    }),
    "enqueue.ts": `import { greet } from "./generated/greet/client.ts";
await greet.enqueueAll(["Ada", "Grace"].map((name) => ({ name })));
await greet.enqueue({ name: "Alan" }, { delay: "1h" });
`,
  });
  const strays = async (...args: readonly string[]) => {
    const { stdout, stderr } = await project.fivefold("strays", ...args);
    return { stderr, text: stdout };
  };
  expect((await project.fivefold("build")).code).toBe(0);
  expect((await startCommand(process.execPath, ["enqueue.ts"], project.root).ended()).code).toBe(0);

  await project.write("usecases/greet.ts", useCaseText("high"));
  expect((await project.fivefold("build")).code).toBe(0);
  const dev = project.start(["dev"]);
  await dev.prints("3 events wait in topic 'greet.low' for 'default', which nobody consumes");
  dev.process.kill("SIGINT");
  expect((await dev.ended()).code).toBe(0);

  const listed = JSON.parse((await strays("list", "--json")).text);
  expect(listed).toMatchObject({
    ok: true,
    strays: [
      { topic: "greet.low", subscription: "default", place: "topic", reason: "priority", count: 3, useCase: "greet" },
    ],
  });
  expect((await strays("drop", "greet", "default")).stderr).toContain("There are greet.low default.");
  expect((await strays("move", "greet.low", "default", "--to", "nobody")).stderr).toContain(
    "there is no such use case",
  );
  expect((await strays("move", "greet.low", "default", "--dry-run")).text).toContain(
    "would move 3 events of topic 'greet.low' (default) to greet/default",
  );
  expect(JSON.parse((await strays("move", "greet.low", "default", "--json")).text)).toMatchObject({
    ok: true,
    moved: [{ topic: "greet.low", to: "greet/default", moved: 3, dropped: 0 }],
  });
  expect((await strays("list")).text).toContain("nothing waits for nobody");
  const audit = await readFile(join(project.root, ".fivefold", "audit.jsonl"), "utf8");
  expect(
    audit
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line)),
  ).toEqual([expect.objectContaining({ action: "strays move", topic: "greet.low", to: "greet/default", count: 3 })]);
}, 60_000);
