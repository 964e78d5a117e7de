import type { Command } from "commander";
import { withAuditOptions, withStoreOptions } from "../options.ts";
import { rolloutCommands } from "./rollout-commands.ts";

/** Declares the commands that change what runs, without a deployment, and those that show it. */
export function controlCommands(program: Command): void {
  for (const action of ["pause", "resume"] as const) {
    withAuditOptions(
      program
        .command(`${action} <use-case/subscriber>`)
        .description(
          action === "pause"
            ? "start no more of its tasks, in all processes, until it is resumed; events are still taken"
            : "let its tasks start again",
        )
        .option("--why <text>", "shown by `status`"),
    ).action(async (name, options) => {
      const { pauseOrResume } = await import("./controls.ts");
      await pauseOrResume(action, name, options);
    });
  }

  withAuditOptions(
    program
      .command("limit <use-case/subscriber>")
      .description("set other limits than the declared ones, until they are cleared")
      .option("--max-in-flight <number>", "most tasks in flight in one process")
      .option("--max-in-flight-total <number>", "most tasks in flight over all processes: a number, or none")
      .option("--rate <rate>", "most tasks to start, over all processes: 100/s, 600/m, none")
      .option("--clear", "go by what is declared again")
      .option("--why <text>", "shown by `status`"),
  ).action(async (name, options) => {
    const { limit } = await import("./controls.ts");
    await limit(name, options);
  });

  withStoreOptions(
    program
      .command("status [use-case/subscriber]")
      .description("show what waits, what is paused, and which limits hold"),
  ).action(async (name, options) => {
    const { status } = await import("./controls.ts");
    await status(name, options);
  });

  withStoreOptions(
    program
      .command("why [use-case/subscriber|task-id]")
      .description(
        "say why tasks do not run, or what holds their rate where it is; or where one task is, and why it waits",
      ),
  ).action(async (name, options) => {
    const { whyAny } = await import("./why-task.ts");
    await whyAny(name, options);
  });

  withAuditOptions(
    program
      .command("cancel <use-case> <id...>")
      .description("cancel delayed tasks by the ids that their enqueues answered, before their time comes")
      .option("--key", "what is named are values of the field that `dedupeBy` names, in the place of ids"),
  ).action(async (useCase, ids, options) => {
    const { cancel } = await import("./waiting-task.ts");
    await cancel(useCase, ids, options);
  });

  withAuditOptions(
    program
      .command("reschedule <use-case> <id...>")
      .description("have delayed tasks run at another time, before theirs comes")
      .option("--delay <duration>", "how long from now they wait: 5m")
      .option("--at <time>", "when they run, in ISO 8601: 2027-01-31T08:00:00Z")
      .option("--key", "what is named are values of the field that `dedupeBy` names, in the place of ids"),
  ).action(async (useCase, ids, options) => {
    const { reschedule } = await import("./waiting-task.ts");
    await reschedule(useCase, ids, options);
  });

  rolloutCommands(program);

  program
    .command("schedules [use-case...]")
    .description("list when the schedules of built use cases, all or some, enqueue an event next")
    .option("--count <number>", "how many ticks of each", "3")
    .option("--json", "print one JSON object")
    .option("--root <folder>", "the folder that holds usecases/ (default: the nearest one upwards)")
    .action(async (useCases, options) => {
      const { listSchedules } = await import("./schedules.ts");
      await listSchedules(useCases, options);
    });
}
