import { expect, test } from "vitest";
import { createProject, type Project } from "../../cli/project.ts";

function useCaseText(field: string, handler: string): string {
  return `import { constant, RejectError, useCase } from "fivefold";

export interface OrderPlaced {
  order: string;
  customer: { id: number };
  ${field}
}

export default useCase<OrderPlaced>({
  owner: "team",
  delivery: { retry: { max: 1, backoff: constant("10ms") } },
  handler: (event, task) => {
    ${handler}
  },
});
`;
}

const FAILING = `if (event.order.startsWith("bad")) throw new RejectError(\`order '\${event.order}' is closed\`);
    throw new Error(\`connect ECONNREFUSED 10.0.0.\${event.customer.id}:443\`);`;

/** Runs `dev` until it has printed that. */
async function runUntil(project: Project, text: string, times: number): Promise<void> {
  const dev = project.start(["dev"]);
  await dev.prints(text, times);
  dev.process.kill("SIGINT");
  expect((await dev.ended()).code).toBe(0);
}

test("dead letters are listed by cause, shown decoded, redriven and discarded, each with a line in the audit log", async () => {
  const project = await createProject({
    "usecases/place-order.ts": useCaseText("", FAILING),
    "package.json": '{ "type": "module" }',
  });
  const letters = async (...args: readonly string[]) => {
    const { stdout, stderr, code } = await project.fivefold("dead-letters", ...args);
    return { stderr, text: stdout, code };
  };
  const json = async (...args: readonly string[]) => JSON.parse((await letters(...args, "--json")).text);
  const order = (name: string, id: number) => JSON.stringify({ order: name, customer: { id } });
  expect((await project.fivefold("release")).code).toBe(0);
  const lines = [order("a", 1), order("b", 2), order("bad-1", 3)].join("\n");
  await project.write("events.jsonl", lines);
  expect(
    (await project.fivefold("enqueue", "place-order", "--lines", "--file", `${project.root}/events.jsonl`)).code,
  ).toBe(0);
  // No worker has run yet.
  expect((await letters("list")).text).toContain("no dead letters");
  await runUntil(project, "dead letter", 3);

  // Another version, which decodes what the first one wrote.
  await project.write("usecases/place-order.ts", useCaseText("note?: string;", FAILING));
  expect((await project.fivefold("release")).code).toBe(0);
  const late = JSON.stringify({ order: "bad-2", customer: { id: 4 }, note: "late" });
  expect((await project.fivefold("enqueue", "place-order", late)).code).toBe(0);
  await runUntil(project, "dead letter", 1);

  const listed = await json("list");
  expect(listed.deadLetters).toEqual([
    {
      ...{ useCase: "place-order", subscriber: "default", count: 4, unreachable: 0 },
      groups: expect.arrayContaining([
        expect.objectContaining({
          reason: "attempts",
          text: "connect ECONNREFUSED <n>.<n>.<n>.<n>:<n>",
          count: 2,
          versions: [1],
        }),
        expect.objectContaining({ reason: "rejected", text: "order <text> is closed", count: 2, versions: [1, 2] }),
      ]),
    },
  ]);
  const { text } = await letters("list", "place-order", "--reason", "rejected");
  expect(text).toMatch(/^place-order {2}2 dead letters\n {2}[0-9a-f]{8} {2}2 × rejected: order <text> is closed\n/);
  const shown = await json("show", "place-order", "--where", "customer.id=3", "order=bad-1");
  expect(shown.deadLetters).toEqual([
    expect.objectContaining({
      ...{ version: 1, tries: 1, reason: "rejected", message: "order 'bad-1' is closed" },
      event: { order: "bad-1", customer: { id: 3 } },
    }),
  ]);

  for (const [wrong, message] of [
    [["discard", "place-order"], "Say which dead letters are to be forgotten"],
    [["redrive", "place-order", "--rate", "fast"], "--rate takes a number above 0 and a unit"],
    [["show", "place-order/nobody"], "'place-order' has no subscriber 'nobody'. It has default."],
    [["show", "nothing"], "There is no use case 'nothing'"],
    [["show", "place-order", "--failed-from", "soon"], "--failed-from takes a time like"],
    [["list", "--where", "order"], "--where takes a field and its value"],
    [["list", "--reason", "bored"], "Allowed choices are"],
  ] as const) {
    const { code, stderr } = await letters(...wrong);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  }

  const bad = listed.deadLetters[0].groups.find(({ reason }: { reason: string }) => reason === "rejected").signature;
  expect((await letters("discard", "place-order", "--signature", bad, "--dry-run")).text).toContain(
    "would discard 2 dead letters of place-order",
  );
  expect(await json("discard", "place-order", "--signature", bad)).toMatchObject({
    ok: true,
    discarded: [{ count: 2 }],
  });
  await project.write(
    "usecases/place-order.ts",
    useCaseText("note?: string;", 'console.log("placed", event.order, task.attempt);'),
  );
  expect((await project.fivefold("build")).code).toBe(0);
  expect((await letters("redrive", "place-order", "--failed-from", "1h", "--rate", "600/m")).text).toContain(
    "2 dead letters of place-order handed on again",
  );
  await runUntil(project, "placed", 2);
  expect((await json("list")).deadLetters).toMatchObject([{ count: 0, groups: [] }]);
  const audit = (await project.read(".fivefold/audit.jsonl"))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(audit.map(({ action, useCase, reason, version }) => [action, useCase, reason, version])).toEqual([
    ["discard", "place-order", "rejected", 1],
    ["discard", "place-order", "rejected", 2],
    ["redrive", "place-order", "attempts", 1],
    ["redrive", "place-order", "attempts", 1],
  ]);
  expect(audit[0]).toMatchObject({ subscriber: "default", signature: bad, by: expect.stringMatching(/.@./) });
}, 120_000);
