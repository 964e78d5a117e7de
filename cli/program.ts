import { Command, CommanderError, Option } from "commander";
import { EXIT, Fault } from "./fault.ts";
import { packageVersion } from "./package-version.ts";
import { colorsOf, complain, sayJson } from "./terminal.ts";

/** Commands are loaded when they run: `new` and `--help` must not wait for the compiler. */
function createProgram(): Command {
  const program = new Command("fivefold")
    .description("Compiles use cases, one typed module each, and runs them.")
    .version(packageVersion())
    .showHelpAfterError("(fivefold --help lists the commands)")
    .exitOverride();

  program
    .command("build")
    .description("compile usecases/ and write generated/ and contracts.lock.json")
    .option("--check", "write nothing; fail where generated/ or contracts.lock.json is stale")
    .option("--json", "print one JSON object")
    .option("--watch", "build again at every change, until it is ended")
    .addOption(
      new Option("--format <format>", "print diagnostics as GitHub annotations or as a SARIF 2.1.0 log")
        .choices(["github", "sarif"])
        .conflicts("json"),
    )
    .option("--root <folder>", "the folder that holds usecases/ (default: the nearest one upwards)")
    .action(async (options) => {
      const { build } = await import("./build.ts");
      await build(options);
    });

  program
    .command("new <name>")
    .description("write usecases/<name>.ts, a use case that compiles and runs")
    .option("--root <folder>", "the folder that holds usecases/ (default: the nearest one upwards, or here)")
    .action(async (name, options) => {
      const { newUseCase } = await import("./new.ts");
      await newUseCase(name, options);
    });

  program
    .command("dev")
    .description("build, run all use cases on this machine, and start over when a file changes")
    .option("--data <folder>", "where events are stored (default: .fivefold/data)")
    .option("--json", "print JSON lines")
    .option("--root <folder>", "the folder that holds usecases/ (default: the nearest one upwards)")
    .action(async (options) => {
      const { dev } = await import("./dev.ts");
      await dev(options);
    });

  program
    .command("lsp")
    .description("serve an editor on standard input and output, by the language server protocol")
    .option("--stdio", "what editors pass; there is no other way")
    .action(async () => {
      const { serveEditor } = await import("./lsp.ts");
      serveEditor();
    });

  program
    .command("worker", { hidden: true })
    .requiredOption("--root <folder>")
    .requiredOption("--data <folder>")
    .action(async (options) => {
      const { work } = await import("./worker.ts");
      await work(options);
    });

  for (const command of program.commands) command.exitOverride();
  return program;
}

/** Runs one command line, and sets the process's exit code. */
export async function run(argv: readonly string[]): Promise<void> {
  const program = createProgram();
  process.stdout.on("error", endOfReader);
  try {
    await program.parseAsync(argv);
  } catch (error) {
    // Commander has printed its own message, help or version.
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    else fail(error, argv.includes("--json"));
  }
}

/** Who reads through `head` has had enough: that is no failure. */
function endOfReader(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
  process.exit(EXIT.ok);
}

function fail(error: unknown, json: boolean): void {
  process.exitCode = error instanceof Fault ? error.exitCode : EXIT.environment;
  const message = error instanceof Error ? error.message : String(error);
  const expected = error instanceof Fault;
  if (json) sayJson({ ok: false, error: message });
  const { bold, red } = colorsOf(process.stderr);
  complain(`${bold(red("error:"))} ${expected ? message : `fivefold itself failed: ${message}`}`);
  if (process.env.FIVEFOLD_DEBUG && error instanceof Error) complain(String(error.stack));
  else if (!expected) complain("Set FIVEFOLD_DEBUG=1 to see where, and please report it.");
}
