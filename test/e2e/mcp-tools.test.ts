import { expect, test } from "vitest";
import { TOOLS } from "../../cli/mcp/mcp-tools.ts";
import { connectAgent, createGreetProject, GREET } from "../cli/agent.ts";

test("an agent builds, sends an event, and finds out what became of it: every tool is called", async () => {
  const project = await createGreetProject();
  const { used, answer, call } = await connectAgent(project, "--allow-writes");

  expect((await answer("read_docs")).pages).toContain("types");
  expect((await answer("read_docs", { page: "types" })).page).toContain("# Types of events");
  const stale = await call("check");
  expect(stale.isError).toBe(true);
  expect(JSON.parse(stale.text).ok).toBe(false);
  expect((await answer("build")).useCases).toEqual(["greet"]);
  expect((await answer("check")).ok).toBe(true);
  expect((await answer("list_use_cases")).useCases).toEqual([
    {
      ...{ name: "greet", doc: "Somebody is to be greeted.", file: "usecases/greet.ts", owner: "team-hello" },
      ...{ event: "Greeting", version: 1, subscribers: ["default"], feeds: [] },
    },
  ]);
  expect((await answer("describe_use_case", { useCase: "greet" })).page).toContain("Somebody is to be greeted.");

  expect((await answer("enqueue", { useCase: "greet", event: { name: "Ada" }, delay: "1h" })).receipts).toHaveLength(1);
  const refused = await call("enqueue", { useCase: "greet", event: { nom: "Ada" } });
  expect(refused).toMatchObject({ isError: true, text: expect.stringContaining("name") });
  expect((await answer("why")).subscribers).toMatchObject([{ useCase: "greet", reason: "no-worker" }]);
  await answer("pause", { place: "greet", why: "--a look at it" });
  expect(JSON.stringify(await answer("status"))).toContain("--a look at it");
  await answer("resume", { place: "greet" });

  await answer("enqueue", { useCase: "greet", event: { name: "nobody" } });
  const worker = project.start(["dev"]);
  await worker.prints("dead letter");
  worker.process.kill("SIGTERM");
  await worker.ended();
  expect((await answer("list_dead_letters")).deadLetters).toHaveLength(1);
  expect(JSON.stringify(await answer("show_dead_letters", { place: "greet", limit: 5 }))).toContain("nobody is there");
  expect(await answer("redrive_dead_letters", { place: "greet", dryRun: true })).toMatchObject({
    redriven: [{ count: 1 }],
  });

  await project.write("usecases/greet.ts", GREET.replace("name: string", "name: any"));
  const found = JSON.parse((await call("check")).text).diagnostics[0];
  expect(found).toMatchObject({ code: "unsupported-type", page: "docs/errors/unsupported-type.md" });
  expect(found.fix).toContain("Write the type");
  expect((await answer("explain", { code: found.code })).page).toContain("# `unsupported-type`");
  expect(await call("diff", { against: "--output=x" })).toMatchObject({ isError: true });

  expect([...used].sort()).toEqual(TOOLS.map(({ name }) => name).sort());
});
