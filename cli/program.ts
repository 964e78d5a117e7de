import { Command, CommanderError, Option } from "commander";
import { EXIT, Fault } from "../loader/fault.ts";
import { assistantCommands } from "./commands/assistant-commands.ts";
import { captureCommands } from "./commands/capture-commands.ts";
import { consoleCommands } from "./commands/console-commands.ts";
import { controlCommands } from "./commands/control-commands.ts";
import { deadLetterCommands } from "./commands/dead-letter-commands.ts";
import { gatewayCommands } from "./commands/gateway-commands.ts";
import { withAuditOptions, withStoreOptions } from "./options.ts";
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
    .addOption(forgetReleases())
    .addOption(
      new Option("--format <format>", "print diagnostics as GitHub annotations or as a SARIF 2.1.0 log")
        .choices(["github", "sarif"])
        .conflicts("json"),
    )
    .option("--root <folder>", "the folder that holds usecases/ (default: the nearest one upwards)")
    .action(async (options) => {
      const { build } = await import("./commands/build.ts");
      await build(options);
    });

  program
    .command("new <name>")
    .description("write usecases/<name>.ts, a use case that compiles and runs")
    .option("--root <folder>", "the folder that holds usecases/ (default: the nearest one upwards, or here)")
    .action(async (name, options) => {
      const { newUseCase } = await import("./scaffold/new.ts");
      await newUseCase(name, options);
    });

  program
    .command("import <file>")
    .description(
      "write a use case whose event is a contract that exists: a .proto, an .avsc, a JSON Schema, or recorded messages (.jsonl)",
    )
    .option("--name <use-case>", "what to call it (default: after the event's type)")
    .option("--type <name>", "the message, record or definition that is the event (default: the one that stands out)")
    .option("--omit <Type.field...>", "import without these fields")
    .option("--include <folder...>", "where the contract's imports are found (default: beside it, and in its project)")
    .option("--root <folder>", "the folder that holds usecases/ (default: the nearest one upwards, or here)")
    .action(async (file, options) => {
      const { importUseCase } = await import("./commands/import.ts");
      await importUseCase(file, options);
    });

  program
    .command("diff")
    .description("tell what changes for whom against a commit, and in which order to deploy it")
    .option("--against <ref>", "a commit, branch or tag (default: where the branch left main, or HEAD)")
    .option(
      "--overrides",
      "also what is paused and which limits are set at run time, which a deployment leaves as they are",
    )
    .option(
      "--data <folder>",
      "with --overrides: the data folder, as `dev` has it (default: where the environment says)",
    )
    .option("--json", "print one JSON object")
    .option("--root <folder>", "the folder that holds usecases/ (default: the nearest one upwards)")
    .action(async (options) => {
      const { diff } = await import("./commands/diff.ts");
      await diff(options);
    });

  program
    .command("release")
    .description("build, and freeze the events as versions that later ones must be compatible with")
    .option("--use-case <name...>", "only these (default: all)")
    .option("--check", "write nothing; fail where an event is not released as it is")
    .addOption(forgetReleases())
    .option("--json", "print one JSON object")
    .option("--root <folder>", "the folder that holds usecases/ (default: the nearest one upwards)")
    .action(async (options) => {
      const { release } = await import("./commands/release.ts");
      await release(options);
    });

  program
    .command("retire <use-case> <version>")
    .description("forget released versions up to that one, of which no record is left anywhere")
    .option("--json", "print one JSON object")
    .option("--root <folder>", "the folder that holds usecases/ (default: the nearest one upwards)")
    .action(async (useCase, version, options) => {
      const { retire } = await import("./commands/retire.ts");
      await retire(useCase, version, options);
    });

  program
    .command("resolve")
    .description("write the lock that a merge comes to, main's numbers first, then build and release")
    .option("--json", "print one JSON object")
    .option("--root <folder>", "the folder that holds usecases/ (default: the nearest one upwards)")
    .action(async (options) => {
      const { resolve } = await import("./commands/resolve.ts");
      await resolve(options);
    });

  program
    .command("merge-lock <base> <ours> <theirs>")
    .description("merge contracts.lock.json for git, as `fivefold new` sets it up")
    .action(async (base, ours, theirs) => {
      const { mergeLockFiles } = await import("./commands/merge-lock.ts");
      mergeLockFiles(base, ours, theirs);
    });

  program
    .command("dev")
    .description("build, run all use cases on this machine, and start over when a file changes")
    .option("--data <folder>", "where events are stored (default: .fivefold/data)")
    .option("--gateway-port <port>", "takes events by HTTP from this machine; another one where it is taken", "5055")
    .option("--console-port <port>", "serves the console to this machine; another one where it is taken", "5056")
    .option("--service <name=url...>", "where a target is: thumbnails=http://localhost:3000")
    .option(
      "--source <name=url...>",
      "where a database is that is captured: billing=postgres://user:password@host/database",
    )
    .option("--outbox <source...>", "relay the outboxes of these sources")
    .option("--network <cidr...>", "a private network that targets may be in, besides this machine: 10.0.0.0/8")
    .option("--callback-port <port>", "where services tell outcomes that come later, from this machine", "9465")
    .option("--json", "print JSON lines")
    .option("--root <folder>", "the folder that holds usecases/ (default: the nearest one upwards)")
    .action(async (options) => {
      const { dev } = await import("./commands/dev.ts");
      await dev(options);
    });

  program
    .command("enqueue <use-case> [event]")
    .description("enqueue an event, given as JSON, in a file or on standard input")
    .option("--file <path>", "a file that holds the event; - for standard input")
    .option("--lines", "one event a line")
    .option("--delay <duration>", "how long from now no handler runs: 5m")
    .option("--at <time>", "before which time no handler runs: 2030-01-31T08:00:00Z")
    .option("--data <folder>", "where events are stored (default: as for dev)")
    .option("--json", "print one JSON object")
    .option("--root <folder>", "the folder that holds usecases/ (default: the nearest one upwards)")
    .action(async (useCase, event, options) => {
      const { enqueue } = await import("./commands/enqueue.ts");
      await enqueue(useCase, event, options);
    });

  program
    .command("start [use-case...]")
    .description("run built use cases, all or some, where the environment says: what an executor's container does")
    .option("--drain <duration>", "longest that running tasks get to end at SIGTERM", "25s")
    .option("--connect-within <duration>", "longest that it tries to reach what is not there yet at its start", "45s")
    .option(
      "--max-block <duration>",
      "longest that a handler may block the event loop, 0s: for ever (default: 30s beyond the longest timeout)",
    )
    .option("--release <name>", "what this build is called among releases (default: by the project's files)")
    .option("--check", "only show that it could start, and end: exit code 0, or the error")
    .option("--metrics-port <port>", "serves /metrics, /healthz and /readyz", "9464")
    .option(
      "--callback-port <port>",
      "takes outcomes that targets tell later, where FIVEFOLD_CALLBACK_URL is set",
      "9465",
    )
    .option("--root <folder>", "the folder that holds usecases/ (default: the nearest one upwards)")
    .action(async (names, options) => {
      if (options.check) {
        const { checkStart } = await import("./commands/check-start.ts");
        return checkStart(names, options);
      }
      const { start } = await import("./commands/start.ts");
      await start(names, options);
    });

  program
    .command("backlogs")
    .description("serve the backlogs of all use cases as metrics, for what starts executors when there is work")
    .option("--metrics-port <port>", "serves /metrics, /healthz and /readyz", "9464")
    .option("--root <folder>", "the folder that holds usecases/ (default: the nearest one upwards)")
    .action(async (options) => {
      const { showBacklogs } = await import("./commands/start.ts");
      await showBacklogs(options);
    });

  assistantCommands(program);
  gatewayCommands(program);
  consoleCommands(program);
  captureCommands(program);
  controlCommands(program);
  const onLetters = deadLetterCommands(program);
  const strays = program
    .command("strays")
    .description("events that nobody consumes since a use case's priority, subscriber or name changed");
  withStoreOptions(
    strays.command("list").description("tell what waits where no use case takes it from any more"),
  ).action(async (options) => {
    const { listStrays } = await import("./commands/strays.ts");
    await listStrays(options);
  });
  withAuditOptions(
    strays
      .command("move <topic> <subscription>")
      .description("hand them to a subscriber; stored there before they are settled here")
      .option("--to <use-case/subscriber>", "whom to (default: the same subscriber, where only a priority changed)")
      .option("--dry-run", "change nothing"),
  ).action(async (topic, subscription, options) => {
    const { changeStrays } = await import("./commands/strays.ts");
    await changeStrays("move", { topic, subscription }, options);
  });
  withAuditOptions(
    strays
      .command("drop <topic> <subscription>")
      .description("forget them for good")
      .option("--dry-run", "change nothing"),
  ).action(async (topic, subscription, options) => {
    const { changeStrays } = await import("./commands/strays.ts");
    await changeStrays("drop", { topic, subscription }, options);
  });

  program
    .command("stage <folder> [use-case...]")
    .description("copy what built use cases need to run, and nothing else, into an empty folder: for a container image")
    .option("--include <path...>", "also files or folders that handlers read")
    .option("--native-pulsar", "fail where pulsar-client, with its native part, could not be loaded there")
    .option("--root <folder>", "the folder that holds usecases/ (default: the nearest one upwards)")
    .action(async (folder, names, options) => {
      const { stage } = await import("./stage/stage.ts");
      await stage(folder, names, options);
    });

  program
    .command("new-stacks <stack...>")
    .description("write what a deployment takes: a Pulumi program, a Dockerfile, and a workflow for these stacks")
    .option("--root <folder>", "the folder that holds usecases/ (default: the nearest one upwards)")
    .action(async (stacks, options) => {
      const { newStacks } = await import("./scaffold/new-stacks.ts");
      await newStacks(stacks, options);
    });

  program
    .command("worker", { hidden: true })
    .requiredOption("--root <folder>")
    .requiredOption("--data <folder>")
    .requiredOption("--gateway-port <port>")
    .requiredOption("--callback-port <port>")
    .action(async (options) => {
      const { work } = await import("./worker/worker.ts");
      await work(options);
    });

  for (const command of [...program.commands, ...strays.commands, ...onLetters]) command.exitOverride();
  return program;
}

function forgetReleases(): Option {
  const what =
    "retire versions that earlier commits released and contracts.lock.json lacks: none of their records is left";
  return new Option("--forget-releases", what).conflicts("check");
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
