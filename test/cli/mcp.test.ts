import { expect, test } from "vitest";
import { TOOLS } from "../../cli/mcp/mcp-tools.ts";
import { connectAgent, createGreetProject } from "./agent.ts";

test("without --allow-writes no tool changes what runs, and what is no tool's input is refused", async () => {
  const project = await createGreetProject();
  const { client, call } = await connectAgent(project);
  const { tools } = await client.listTools();
  expect(tools.map(({ name }) => name)).toEqual(
    TOOLS.filter(({ writes }) => writes !== "stores").map(({ name }) => name),
  );
  for (const { name, annotations } of tools)
    expect([name, annotations?.readOnlyHint]).toEqual([name, name !== "build"]);
  await expect(call("enqueue", { useCase: "greet", event: { name: "Ada" } })).rejects.toThrow("enqueue");
  const path = await call("read_docs", { page: "../package" });
  expect(path).toMatchObject({ isError: true, text: expect.stringContaining("There is no page '../package'.") });
  expect(await call("describe_use_case", { useCase: "--root=/" })).toMatchObject({ isError: true });
  expect(await call("describe_use_case", { useCase: 5 })).toMatchObject({ isError: true });
});
