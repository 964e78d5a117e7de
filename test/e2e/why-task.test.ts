import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createProject, startCommand } from "../cli/project.ts";

/** Its tasks end once there is a file `end` beside it. */
const useCaseOf = (settings: string, handler = "handler", body = "") => `import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { constant, every, RejectError, useCase } from "fivefold";

export interface Asked {
  key: string;
}

void [constant, every, RejectError];

export default useCase<Asked>({
  owner: "team",
  ${settings}
  ${handler}: async () => {
    ${body}
    while (!existsSync(\`\${import.meta.dirname}/end\`)) await sleep(50);
  },
});
`;
const targetOf = (name: string) => `import { service, useCase } from "fivefold";
export interface Asked {
  key: string;
}
export default useCase<Asked>({
  owner: "team",
  delivery: { target: service("${name}") },
  execution: { timeout: "10m" },
});
`;

test("why says of one task where it is and what it waits for, with an answer for each reason", async () => {
  const later = createServer((_, response) => response.writeHead(202).end());
  await new Promise<void>((resolve) => later.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void later.close());
  const project = await createProject({
    "usecases/behind.ts": useCaseOf('scheduler: { orderBy: "key" },'),
    "usecases/shared.ts": useCaseOf('flowControl: { fairBy: "key", maxInFlight: 4 },'),
    "usecases/limited.ts": useCaseOf("flowControl: { maxInFlight: 1 },"),
    "usecases/held.ts": useCaseOf(""),
    "usecases/rated.ts": useCaseOf('flowControl: { rate: every("1h") },'),
    "usecases/waits.ts": useCaseOf(""),
    "usecases/fails.ts": useCaseOf(
      "delivery: { retry: { backoff: { minMs: 3_600_000, maxMs: 3_600_000 } } },",
      "handler",
      'throw new Error("down");',
    ),
    "usecases/storms.ts": useCaseOf(
      'delivery: { retry: { backoff: constant("50ms"), budget: { percent: 0, atLeast: every("1h") } } },',
      "handler",
      'throw new Error("down");',
    ),
    "usecases/refuses.ts": useCaseOf("", "handler", 'throw new RejectError("never");'),
    "usecases/gathers.ts": useCaseOf('execution: { batch: { max: 10, within: "1h" } },', "batchHandler"),
    "usecases/sends.ts": targetOf("later"),
    "usecases/lost.ts": targetOf("nowhere"),
    "package.json": '{ "type": "module" }',
    "send.ts": `const ids = [];
for (const name of process.argv.slice(2)) {
  const [client] = Object.values(await import(\`./generated/\${name}/client.ts\`)).filter((one) => one?.enqueue);
  ids.push((await client.enqueue({ key: "a" }, name === "waits" ? { delay: "1h" } : {})).id);
}
console.log(JSON.stringify(ids));
process.exit(0);
`,
  });
  expect((await project.fivefold("build")).code).toBe(0);
  /** Enqueues to use cases, one event after another; answers with their ids. */
  const send = async (...names: string[]): Promise<string[]> => {
    const { code, stdout, stderr } = await startCommand(process.execPath, ["send.ts", ...names], project.root).ended();
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    return JSON.parse(stdout);
  };
  const answer = async (id: string) => {
    const { stdout, stderr } = await project.fivefold("why", id, "--json");
    const { tasks, error } = JSON.parse(stdout || "{}") as {
      tasks?: { reason: string; text: string }[];
      error?: string;
    };
    return tasks?.[0] ?? { reason: error ?? stderr, text: "" };
  };
  const [early] = (await send("limited")) as [string];
  expect((await answer(early)).reason).toBe("no-worker");

  const secret = `whsec_${Buffer.alloc(32, 1).toString("base64")}`;
  process.env.FIVEFOLD_SIGNING_SECRET_LATER = secret;
  process.env.FIVEFOLD_SIGNING_SECRET_NOWHERE = secret;
  onTestFinished(() => {
    delete process.env.FIVEFOLD_SIGNING_SECRET_LATER;
    delete process.env.FIVEFOLD_SIGNING_SECRET_NOWHERE;
  });
  const { port } = later.address() as AddressInfo;
  const dev = project.start([
    ...["dev", "--service", `later=http://127.0.0.1:${port}`, "--service", "nowhere=http://127.0.0.1:1"],
    ...["--callback-port", "0"],
  ]);
  await dev.prints("12 use cases");
  await project.fivefold("pause", "held");
  // Four run, and two wait. A worker holds up to eight, but leaves single ones where they are once it holds seven.
  const shared = await send(...Array(6).fill("shared"));
  const names = [
    "behind",
    "behind",
    "limited",
    "held",
    "rated",
    "rated",
    "waits",
    "fails",
    "storms",
    "refuses",
    "gathers",
    "sends",
  ];
  const sent = await send(...names, ...Array(9).fill("lost"));
  const ids: Record<string, string> = {
    running: early,
    "behind-key": sent[1]!,
    "fair-share": shared.at(-1)!,
    limit: sent[2]!,
    paused: sent[3]!,
    rate: sent[5]!,
    "not-due": sent[6]!,
    "retry-later": sent[7]!,
    "retry-budget": sent[8]!,
    "dead-letter": sent[9]!,
    gathering: sent[10]!,
    "awaits-callback": sent[11]!,
    hosts: sent.at(-1)!,
  };
  for (const [reason, id] of Object.entries(ids)) {
    await expect.poll(async () => (await answer(id)).reason, { timeout: 30_000, interval: 500 }).toBe(reason);
  }
  expect((await answer(ids["behind-key"]!)).text).toMatch(/^1 of its key 'a' is before it/);
  expect((await answer(ids["retry-later"]!)).text).toMatch(/^A try failed, and try 2 starts in \d+ (s|min), at \d{4}-/);
  const { stdout } = await project.fivefold("why", ids["not-due"]!);
  expect(stdout).toMatch(/waits {2}It is not due: it starts in (60|59) min, at /);
  expect((await answer("0123456789abcd-0")).reason).toContain("No worker holds a task '0123456789abcd-0'");
  writeFileSync(join(project.root, "usecases", "end"), "");
  dev.process.kill("SIGINT");
  await dev.ended();
}, 180_000);
