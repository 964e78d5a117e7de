import type { Command } from "commander";

/** Declares what explains a project to people and agents, and the servers that editors and agents start. */
export function assistantCommands(program: Command): void {
  program
    .command("list [use-case]")
    .description("list the use cases that were built, or show the page of one")
    .option("--json", "print one JSON object")
    .option("--root <folder>", "the folder that holds usecases/ (default: the nearest one upwards)")
    .action(async (name, options) => {
      const { list } = await import("./list.ts");
      await list(name, options);
    });

  program
    .command("docs [page]")
    .description("print a page of the documentation; without one, say what there is to read")
    .option("--json", "print one JSON object")
    .action(async (page, options) => {
      const { showDocs } = await import("../documentation.ts");
      showDocs(page, options);
    });

  program
    .command("explain [code]")
    .description("print the page of a diagnostic's or an error's code, with an example; without one, list the codes")
    .option("--json", "print one JSON object")
    .action(async (code, options) => {
      const { explain } = await import("../documentation.ts");
      explain(code, options);
    });

  program
    .command("lsp")
    .description("serve an editor on standard input and output, by the language server protocol")
    .option("--stdio", "what editors pass; there is no other way")
    .action(async () => {
      const { serveEditor } = await import("../lsp/lsp.ts");
      serveEditor();
    });

  program
    .command("mcp")
    .description("serve an agent on standard input and output, by the Model Context Protocol")
    .option("--allow-writes", "also with tools that enqueue, pause, resume and redrive")
    .option("--root <folder>", "the folder that holds usecases/ (default: the nearest one upwards)")
    .action(async (options) => {
      const { serveAgent } = await import("../mcp/mcp.ts");
      serveAgent(options);
    });
}
