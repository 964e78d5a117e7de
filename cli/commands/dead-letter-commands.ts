import { type Command, Option } from "commander";
import type { FailureReason } from "../../runtime/contract/contract.ts";
import { withStoreOptions } from "../options.ts";

const REASONS: Readonly<Record<FailureReason, true>> = {
  rejected: true,
  attempts: true,
  deadline: true,
  crashed: true,
  undecodable: true,
  "unknown-use-case": true,
};

/** Declares `fivefold dead-letters` and what it can do. Returns its commands. */
export function deadLetterCommands(program: Command): readonly Command[] {
  const letters = program
    .command("dead-letters")
    .description("tasks that were given up: list, show, redrive or discard them");

  /** Which of them. */
  const choose = (command: Command) =>
    command
      .option("--id <task...>", "only these tasks")
      .option("--signature <signature>", "only those of one cause, as `list` tells them apart")
      .addOption(
        new Option("--reason <reason>", "only those that were given up for that reason").choices(Object.keys(REASONS)),
      )
      .option("--event-version <number>", "only events of that version")
      .option("--key <key>", "only those of that ordering key")
      .option("--tenant <tenant>", "only those of that tenant")
      .option("--failed-from <time>", "only those given up since then: 2030-01-31T08:00:00Z, or 2h for two hours ago")
      .option("--failed-before <time>", "only those given up before then")
      .option("--where <field=value...>", "only events of which these fields have these values: customer.id=42");
  const change = (command: Command) =>
    withStoreOptions(
      choose(command)
        .option("--limit <number>", "at most so many")
        .option("--dry-run", "change nothing, and tell how many there are")
        .option("--audit <file>", "where each letter is written down (default: .fivefold/audit.jsonl)"),
    );

  const list = choose(letters.command("list [use-case/subscriber]").description("count them by their cause"));
  withStoreOptions(list).action(async (name, options) => {
    const { listDeadLetters } = await import("./dead-letters.ts");
    await listDeadLetters(name, options);
  });

  const show = choose(letters.command("show <use-case/subscriber>").description("print them, events decoded"));
  withStoreOptions(show.option("--limit <number>", "at most so many", "10")).action(async (name, options) => {
    const { showDeadLetters } = await import("./dead-letters.ts");
    await showDeadLetters(name, options);
  });

  change(
    letters
      .command("redrive <use-case/subscriber>")
      .description("hand them to their subscriber again, with all tries")
      .option("--rate <rate>", "at most so many a time: 100/s, 600/m (default: as fast as it goes)"),
  ).action(async (name, options) => {
    const { takeDeadLetters } = await import("./dead-letters.ts");
    await takeDeadLetters("redrive", name, options);
  });

  change(
    letters
      .command("discard <use-case/subscriber>")
      .description("forget them for good: those that are named, or --all")
      .option("--all", "whatever they are"),
  ).action(async (name, options) => {
    const { takeDeadLetters } = await import("./dead-letters.ts");
    await takeDeadLetters("discard", name, options);
  });

  return letters.commands;
}
