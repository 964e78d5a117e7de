import { McpServer } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";
import { findProject } from "../../loader/project.ts";
import { packageVersion } from "../package-version.ts";
import { complain } from "../terminal.ts";
import { runCommand } from "./command-run.ts";
import { TOOLS, type Tool } from "./mcp-tools.ts";

export interface McpOptions {
  readonly allowWrites?: boolean;
  readonly root?: string;
}

const INSTRUCTIONS = `Fivefold compiles asynchronous work from usecases/, one TypeScript module each, and runs it.
Read the page 'agents' (tool read_docs) before you write a use case. After each edit call check; explain tells what a code means.
Never edit generated/ or contracts.lock.json: build writes them. Before a merge call diff.`;

/**
 * `fivefold mcp`: serves an agent on standard input and output, by the Model Context Protocol. Each tool is a command of
 * `fivefold` in a process of its own, and answers with the command's JSON. Those that change what runs are there with
 * `--allow-writes` alone.
 */
export function serveAgent({ allowWrites = false, root: named }: McpOptions): void {
  const root = findProject(named);
  const tools = TOOLS.filter(({ writes }) => allowWrites || writes !== "stores");
  serveStdio(
    () => {
      const server = new McpServer({ name: "fivefold", version: packageVersion() }, { instructions: INSTRUCTIONS });
      for (const tool of tools) addTool(server, tool, root);
      return server;
    },
    { onerror: (error) => complain(`fivefold mcp: ${error.message}`) },
  );
}

function addTool(server: McpServer, { name, title, description, input, writes, command }: Tool, root: string): void {
  const annotations = {
    readOnlyHint: writes === undefined,
    destructiveHint: writes === "stores",
    // A build or a question can be repeated.
    idempotentHint: writes !== "stores",
    openWorldHint: false,
  };
  server.registerTool(name, { title, description, inputSchema: input, annotations }, async (values, context) => {
    const { words, places = [], stdin } = command(values);
    const argv = [...words, "--json", "--", ...places.filter((place) => place !== undefined)];
    const { answer, isFine } = await runCommand(argv, { root, stdin, signal: context.mcpReq.signal });
    return { content: [{ type: "text" as const, text: answer }], isError: !isFine };
  });
}
