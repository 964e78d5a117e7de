import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { expect, onTestFinished } from "vitest";
import { createProject, MAIN, type Project } from "./project.ts";

/** A use case whose tasks are given up where the name is `nobody`. */
export const GREET = `import { RejectError, useCase } from "fivefold";

export interface Greeting {
  name: string;
}

/** Somebody is to be greeted. */
export default useCase<Greeting>({
  owner: "team-hello",
  handler(event) {
    if (event.name === "nobody") throw new RejectError("nobody is there");
  },
});
`;

/** The server of `fivefold mcp`, as an agent's client starts it. */
export async function connectAgent({ root }: Project, ...options: string[]) {
  const client = new Client({ name: "test", version: "1.0.0" });
  const transport = new StdioClientTransport({ command: process.execPath, args: [MAIN, "mcp", ...options], cwd: root });
  await client.connect(transport);
  onTestFinished(() => client.close());
  const used = new Set<string>();

  async function call(name: string, values: Record<string, unknown> = {}) {
    used.add(name);
    const { content, isError } = await client.callTool({ name, arguments: values });
    const [first] = content;
    if (first?.type !== "text") throw new Error(`a tool answers with text; found ${first?.type}`);
    return { isError: isError === true, text: first.text };
  }
  return {
    client,
    used,
    call,
    /** Calls a tool that must succeed. */
    async answer(name: string, values: Record<string, unknown> = {}) {
      const { isError, text } = await call(name, values);
      expect(isError, text).toBe(false);
      return JSON.parse(text);
    },
  };
}

export const createGreetProject = () =>
  createProject({ "usecases/greet.ts": GREET, "package.json": '{ "type": "module" }' });
