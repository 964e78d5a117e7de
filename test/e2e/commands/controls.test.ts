import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createProject } from "../../cli/project.ts";

const USE_CASE = `import { perSecond, useCase } from "fivefold";

export interface Greeted {
  name: string;
}

export default useCase<Greeted>({
  owner: "team",
  flowControl: { maxInFlight: 4, rate: perSecond(500) },
  subscribers: {
    mail: { handler: (event) => console.log("mail to", event.name) },
    push: { handler: (event) => console.log("push to", event.name) },
  },
});
`;

test("a pause holds in what runs and in what starts, subscriber by subscriber, until it is resumed; status shows it", async () => {
  const project = await createProject({ "usecases/greet.ts": USE_CASE, "package.json": '{ "type": "module" }' });
  const json = async (...args: readonly string[]) => {
    const { stdout, stderr } = await project.fivefold(...args, "--json");
    return stdout === "" ? stderr : JSON.parse(stdout).subscribers;
  };
  const send = (name: string) => project.fivefold("enqueue", "greet", JSON.stringify({ name }));
  expect((await project.fivefold("build")).code).toBe(0);
  await send("Ada");
  expect(await json("pause", "greet/mail", "--why", "the relay is down")).toEqual([
    {
      ...{ useCase: "greet", subscriber: "mail", paused: true, backlog: 1, deadLetters: 0 },
      maxInFlight: { declared: 4, now: 4 },
      maxInFlightTotal: { declared: null, now: null },
      rate: { declared: "500 every 1 s", now: "500 every 1 s" },
      set: [{ by: expect.stringMatching(/.@./), at: expect.any(String), why: "the relay is down" }],
    },
  ]);

  const dev = project.start(["dev"]);
  await dev.prints("push to Ada");
  await json("pause", "greet");
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  await send("Grace");
  await json("resume", "greet/push");
  await dev.prints("push to Grace");
  expect(dev.printed.stdout).not.toContain("mail to");
  expect(await json("status")).toMatchObject([
    { subscriber: "mail", paused: true, backlog: 2 },
    { subscriber: "push", paused: false, backlog: 0 },
  ]);
  await json("resume", "greet");
  await json("resume", "greet/mail");
  await dev.prints("mail to Grace");
  expect(await json("limit", "greet", "--max-in-flight", "1", "--rate", "none")).toMatchObject(
    ["mail", "push"].map((subscriber) => ({
      subscriber,
      maxInFlight: { declared: 4, now: 1 },
      rate: { declared: "500 every 1 s", now: null },
    })),
  );
  const { stdout } = await project.fivefold("status", "greet/push");
  expect(stdout).toContain("greet/push  runs  0 to do, 0 dead letters");
  expect(stdout).toContain("in flight in a process, at most: 1, not 4 as declared");
  expect(await json("limit", "greet", "--clear")).toMatchObject([
    { maxInFlight: { now: 4 } },
    { maxInFlight: { now: 4 } },
  ]);
  const entries = (await readFile(join(project.root, ".fivefold", "audit.jsonl"), "utf8")).trim().split("\n");
  const done = (action: string, place: string, more = {}) => ({
    ...{ at: expect.any(String), by: expect.stringMatching(/.@./), action, place },
    ...more,
  });
  expect(entries.map((line) => JSON.parse(line))).toEqual([
    done("pause", "greet/mail", { why: "the relay is down" }),
    done("pause", "greet"),
    done("resume", "greet/push"),
    done("resume", "greet"),
    done("resume", "greet/mail"),
    done("limit", "greet", { maxInFlight: "1", rate: "none" }),
    done("limit", "greet", { clear: true }),
  ]);
  const unwritten = await project.fivefold("pause", "greet", "--audit", join(project.root, "usecases"));
  expect([unwritten.code, unwritten.stderr]).toEqual([3, expect.stringContaining("can't be written")]);
  expect(await json("status", "greet/push")).toMatchObject([{ paused: false }]);
  dev.process.kill("SIGINT");
  expect((await dev.ended()).code).toBe(0);

  for (const [wrong, message] of [
    [["limit", "greet"], "--max-in-flight, --max-in-flight-total, --rate, or --clear"],
    [["limit", "greet", "--max-in-flight", "0"], "To start nothing, pause it."],
    [
      ["limit", "greet", "--max-in-flight-total", "many"],
      "--max-in-flight-total takes a whole number from 1 to 1,000,000; found 'many'.",
    ],
    [["pause", "greet/sms"], "'greet' has no subscriber 'sms'. It has mail, push."],
  ] as const) {
    const { code, stderr } = await project.fivefold(...wrong);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  }
}, 120_000);
