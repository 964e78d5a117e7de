import { EXIT, Fault } from "../../loader/fault.ts";
import type { Client, EnqueueOptions, TaskReference } from "../../runtime/runtime.ts";
import { projectClient } from "../project-client.ts";
import { builtUseCases } from "../project-runtime.ts";
import { onStores, type StoreOptions } from "../stores.ts";
import { colorsOf, say, sayJson } from "../terminal.ts";
import { auditFileOf, writeDown } from "./audit-log.ts";

export interface WaitingTaskOptions extends StoreOptions {
  /** Whether what is named are the values of `dedupeBy`, in the place of ids. */
  readonly key?: boolean;
  /** The file in which it is written down. */
  readonly audit?: string;
}

const MEANINGS: Readonly<Record<string, string>> = {
  cancelled: "cancelled: it never runs",
  rescheduled: "rescheduled: it runs at that time",
  started: "started: its time has come, so that it runs or has run",
  unknown: "unknown: no delayed task of that name waits for all subscribers",
};

/** `fivefold cancel <use-case> <id...>`: cancels delayed tasks by their receipts' ids, or by their dedupe keys. */
export async function cancel(name: string, ids: readonly string[], options: WaitingTaskOptions): Promise<void> {
  await change(name, ids, options, { action: "cancel" }, (client, task) => client.cancel(task));
}

export interface RescheduleOptions extends WaitingTaskOptions {
  readonly delay?: string;
  /** An ISO 8601 time. */
  readonly at?: string;
}

/** `fivefold reschedule <use-case> <id...>`: has delayed tasks run at another time. */
export async function reschedule(name: string, ids: readonly string[], options: RescheduleOptions): Promise<void> {
  const { delay, at } = options;
  if ((delay === undefined) === (at === undefined)) throw new Fault("usage", "Give --delay or --at, one of them.");
  const time = {
    ...(delay !== undefined && { delay: delay as NonNullable<EnqueueOptions["delay"]> }),
    ...(at !== undefined && { at: new Date(at) }),
  };
  if (time.at && Number.isNaN(time.at.getTime())) {
    throw new Fault("usage", `--at takes a time like 2027-01-31T08:00:00Z; found '${at}'.`);
  }
  const entry = { action: "reschedule", delay, dueAt: time.at };
  await change(name, ids, options, entry, (client, task) => client.reschedule(task, time));
}

async function change(
  name: string,
  ids: readonly string[],
  options: WaitingTaskOptions,
  entry: object,
  make: (client: Client<unknown>, task: TaskReference) => Promise<string>,
): Promise<void> {
  await onStores(options, async ({ root }) => {
    const [useCase] = await builtUseCases(root, [name]);
    const client = await projectClient(root, useCase!.name);
    const reference = options.key ? "dedupeKey" : "id";
    const entries = ids.map((id) => ({ ...entry, useCase: useCase!.name, [reference]: id }));
    writeDown(auditFileOf(root, options.audit), entries);
    const tasks = await Promise.all(
      ids.map(async (id) => ({ id, answer: await make(client, options.key ? { dedupeKey: id } : id) })),
    );
    const isDone = tasks.every(({ answer }) => answer === "cancelled" || answer === "rescheduled");
    if (!isDone) process.exitCode = EXIT.input;
    if (options.json) return sayJson({ ok: isDone, tasks });
    const { green, yellow } = colorsOf(process.stdout);
    for (const { id, answer } of tasks) {
      say(`${answer === "started" || answer === "unknown" ? yellow("!") : green("✓")} ${id}  ${MEANINGS[answer]}`);
    }
  });
}
