import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  type Client,
  type Connection,
  connect,
  DEAD_LETTER_SUBSCRIPTION,
  deadLetterTopicOf,
} from "../../../runtime/runtime.ts";
import { compileProject } from "../../compile-project.ts";
import type { Report } from "../scenario.ts";
import { DEEDS, type Task } from "./behave.ts";
import { startWorkers } from "./workers.ts";

const USE_CASES = ["hostile", "hostile-in-order", "hostile-in-batches", "innocent"] as const;
export type UseCase = (typeof USE_CASES)[number];

export interface Attack {
  /** The project's folder, below `.fivefold/test-projects`. */
  readonly name: string;
  readonly workers: number;
  /** Batches of events by use case, one after another; none begins before there is room for it. */
  readonly batches: Iterable<Readonly<Record<UseCase, readonly Task[]>>>;
  /** Draws when a worker is killed from outside; absent: never. */
  readonly killEveryMs?: number;
  readonly random: () => number;
  /** After which the attack is stuck. */
  readonly patienceMs: number;
}

/** Events that wait at a time, over all use cases. */
const MOST_WAITING = 20_000;

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Lets workers run into all that is enqueued, and checks that each event ends as its deed says. */
export async function attack({
  name,
  workers: count,
  batches,
  killEveryMs,
  random,
  patienceMs,
}: Attack): Promise<Report> {
  const project = await compileProject(name, join(import.meta.dirname, "usecases"));
  const data = join(project, "data");
  const starts = join(project, "starts.txt");
  const env = { HOSTILE_BEHAVIOUR: join(import.meta.dirname, "behave.ts"), HOSTILE_STARTS: starts };
  const connection = await connect({ data });
  const clients = await Promise.all(
    USE_CASES.map(async (useCase) => {
      const module = (await import(join(project, `generated/${useCase}/client.ts`))) as Record<string, Client<Task>>;
      return [useCase, Object.values(module).find((value) => typeof value === "object")!] as const;
    }),
  );
  const accepted = new Map<string, { readonly useCase: UseCase; readonly task: Task }>();
  const faults: string[] = [];
  const workers = startWorkers(count, project, env);
  const killer = killEveryMs && setInterval(() => workers.kill(random()), killEveryMs);
  const startedAt = performance.now();
  try {
    for (const batch of batches) {
      for (const [useCase, client] of clients) {
        if (batch[useCase].length > 0) await client.enqueueAll(batch[useCase]);
        for (const task of batch[useCase]) accepted.set(task.id, { useCase, task });
      }
      while ((await waiting(connection)) > MOST_WAITING) await sleep(100);
    }
    // What ends processes by itself has to be told from what is ended from outside, so the rest runs undisturbed.
    clearInterval(killer || undefined);
    let endsAt = performance.now() + patienceMs;
    let left = await waiting(connection);
    while (left > 0 && performance.now() < endsAt) {
      await sleep(100);
      const now = await waiting(connection);
      if (now < left) endsAt = performance.now() + patienceMs;
      left = now;
    }
    if (left > 0)
      faults.push(`${left} tasks were neither done nor given up after ${patienceMs} ms without any progress`);
  } finally {
    clearInterval(killer || undefined);
    await workers.stop();
  }
  const tookMs = performance.now() - startedAt;
  const letters = await readDeadLetters(connection);
  await connection.close();
  const runs = existsSync(starts)
    ? readFileSync(starts, "utf8")
        .trim()
        .split("\n")
        .map((line) => line.split(" "))
    : [];
  faults.push(...wrongEnds(accepted, letters, runs), ...outOfOrder(accepted, runs));
  const crashed = [...letters.values()].filter((reason) => reason === "crashed").length;
  return {
    did: {
      ...{ accepted: accepted.size, deadLetters: letters.size, crashed, runs: runs.length, workers: workers.starts },
      tasksPerSecond: Math.round((accepted.size / tookMs) * 1_000),
    },
    faults: [...faults, ...(faults.length > 0 ? workers.lines.slice(-40) : [])],
  };
}

/** Events that are neither done nor given up. */
async function waiting({ ports }: Connection): Promise<number> {
  const backlogs = await Promise.all(USE_CASES.map((name) => ports.transport.backlog(name, "default").catch(() => 0)));
  return backlogs.reduce((sum, backlog) => sum + backlog, await ports.delayStore.size());
}

/** Reasons by id. */
async function readDeadLetters({ ports }: Connection): Promise<Map<string, string>> {
  const reasons = new Map<string, string>();
  for (const useCase of USE_CASES) {
    const topic = deadLetterTopicOf(useCase, "default");
    const consumer = await ports.transport.subscribe(topic, DEAD_LETTER_SUBSCRIPTION, "shared");
    let left = await ports.transport.backlog(topic, DEAD_LETTER_SUBSCRIPTION);
    while (left > 0) {
      const messages = await consumer.receive(1_000);
      for (const { payload, failure } of messages) {
        const id = /"?(\w+-\d+)/.exec(Buffer.from(payload).toString("latin1"))?.[1] ?? "unreadable";
        reasons.set(id, failure?.reason ?? "none");
      }
      left -= messages.length;
    }
    await consumer.close();
  }
  return reasons;
}

function wrongEnds(
  accepted: ReadonlyMap<string, { readonly task: Task }>,
  letters: ReadonlyMap<string, string>,
  runs: readonly (readonly string[])[],
): string[] {
  const started = new Set(runs.map(([, id]) => id));
  const faults: string[] = [];
  for (const [id, { task }] of accepted) {
    const end = letters.get(id) ?? "done";
    const expected = DEEDS[task.deed]!.end;
    if (end !== expected) faults.push(`${id} (${task.deed}) ended as ${end}, not as ${expected}`);
    if (!started.has(id)) faults.push(`${id} (${task.deed}) was never started`);
  }
  return faults;
}

/** Ordered tasks that were started after one behind them in their key was. */
function outOfOrder(
  accepted: ReadonlyMap<string, { readonly useCase: UseCase; readonly task: Task }>,
  runs: readonly (readonly string[])[],
): string[] {
  const lastOfKey = new Map<string, number>();
  const faults: string[] = [];
  for (const [key = "", id = ""] of runs) {
    if (accepted.get(id)?.useCase !== "hostile-in-order") continue;
    const number = Number(id.split("-")[1]);
    const last = lastOfKey.get(key) ?? -1;
    if (number < last) faults.push(`${id} of key ${key} started after number ${last} of the same key`);
    lastOfKey.set(key, Math.max(last, number));
  }
  return faults;
}
