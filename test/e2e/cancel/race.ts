import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "../../../runtime/client.ts";
import { type ConnectOptions, connect } from "../../../runtime/connection.ts";
import { randomNumbers } from "../../random-numbers.ts";
import { noteContracts } from "../../runtime/note-contract.ts";
import type { Answered, Wish } from "./canceller.ts";

/*
 * Delayed tasks, half of which several processes cancel at random moments, while workers are killed: none that was answered
 * `cancelled` runs, and all others do.
 */

export interface RaceOptions {
  readonly connection: ConnectOptions;
  /** Where workers write what ran. */
  readonly file: string;
  readonly tasks: number;
  readonly seed: number;
  /** How long the last task waits, in ms. */
  readonly longestMs: number;
}

export interface RaceReport {
  readonly did: Readonly<Record<string, number>>;
  readonly faults: readonly string[];
}

const WORKERS = 3;
const CANCELLERS = 3;
const GROUP = 500;
/** A call in the seconds after a kill may find what the dead worker had not put off. */
const KILL_MS = 5_000;
const PATIENCE_MS = 90_000;

export async function raceOfCancels({
  connection: options,
  file,
  tasks,
  seed,
  longestMs,
}: RaceOptions): Promise<RaceReport> {
  const random = randomNumbers(seed);
  const processes = new Set<ChildProcess>();
  const start = async (program: string): Promise<ChildProcess> => {
    const child = fork(join(import.meta.dirname, program), [JSON.stringify(options), file], {
      serialization: "advanced",
    });
    processes.add(child);
    const ready = once(child, "message").then(() => true);
    const ended = once(child, "exit").then(() => false);
    // One that could not open the stores within a minute is started again, as whoever runs workers does.
    if (await Promise.race([ready, ended])) return child;
    processes.delete(child);
    return start(program);
  };
  const connection = await connect(options);
  const client = createClient(noteContracts({ handlers: {} }).client);
  const workers = await Promise.all(Array.from({ length: WORKERS }, () => start("delayed-worker.ts")));
  const cancellers = await Promise.all(Array.from({ length: CANCELLERS }, () => start("canceller.ts")));
  const kills: number[] = [];
  let isKilling = true;
  try {
    const shortestMs = 10_000 + tasks / 5;
    const due = new Map<string, number>();
    for (let made = 0; made < tasks; made += GROUP) {
      const at = Date.now() + shortestMs + random() * longestMs;
      const notes = Array.from({ length: Math.min(GROUP, tasks - made) }, (_, i) => ({ id: `${made + i}` }));
      for (const { id } of await client.enqueueAll(notes, { at: new Date(at) })) due.set(id, at);
    }
    const { delayStore } = connection.ports;
    while ((await delayStore.size()) < tasks && Math.min(...due.values()) > Date.now() + 2_000) await sleep(100);
    const killing = (async () => {
      while (isKilling) {
        await sleep(1_000 + random() * 3_000);
        if (!isKilling) break;
        const [killed] = workers.splice(Math.floor(random() * workers.length), 1);
        kills.push(Date.now());
        killed!.kill("SIGKILL");
        processes.delete(killed!);
        workers.push(await start("delayed-worker.ts"));
      }
    })();

    const now = Date.now() + 500;
    const wishes = [...due]
      .filter(() => random() < 0.5)
      .map(([id, at]): Wish => ({ id, at: now + random() * (at + 500 - now) }));
    const parts = cancellers.map((_, i) => wishes.filter((__, j) => j % cancellers.length === i));
    const answered = cancellers.map(async (canceller, i) => {
      const answer = once(canceller, "message");
      canceller.send(parts[i]!);
      return (await answer)[0] as Answered[];
    });
    const answers = (await Promise.all(answered)).flat();
    const cancelled = new Set(answers.filter(({ answer }) => answer === "cancelled").map(({ id }) => id));
    const unknown = answers.filter(({ answer }) => answer !== "cancelled" && answer !== "started");
    const open = new Set(unknown.map(({ id }) => id));
    await sleep(Math.max(0, Math.max(...due.values()) - Date.now()));
    isKilling = false;
    await killing;

    const ran = () => new Set(existsSync(file) ? readFileSync(file, "utf8").split("\n") : []);
    const lost = () => {
      const all = ran();
      return [...due.keys()].filter((id) => !cancelled.has(id) && !open.has(id) && !all.has(id));
    };
    const giveUpAt = Date.now() + PATIENCE_MS;
    while (lost().length > 0 && Date.now() < giveUpAt) await sleep(500);
    // What should not run would by now.
    await sleep(2_000);
    const all = ran();
    const wrong = [...cancelled].filter((id) => all.has(id));
    const isExcused = ({ from, until }: Answered) => kills.some((at) => at < until && at + KILL_MS > from);
    const early = answers.filter(({ id, from }) => due.get(id)! - from > 1_000);
    const missed = early.filter((one) => one.answer !== "cancelled" && !isExcused(one));
    const unexcused = unknown.filter((one) => !isExcused(one));
    const faults: string[] = [];
    if (wrong.length > 0)
      faults.push(`${wrong.length} ran though they were cancelled: ${wrong.slice(0, 3).join(", ")}`);
    if (lost().length > 0) faults.push(`${lost().length} were lost: ${lost().slice(0, 3).join(", ")}`);
    if (unexcused.length > answers.length / 1_000)
      faults.push(`${unexcused.length} are unknown: ${unexcused[0]!.answer}`);
    if (missed.length > early.length / 1_000)
      faults.push(`${missed.length} of ${early.length} in time were not cancelled`);
    const started = answers.filter(({ answer }) => answer === "started").length;
    const did = { tasks, wishes: answers.length, cancelled: cancelled.size, started, unknown: unknown.length };
    return { did: { ...did, inTime: early.length, kills: kills.length }, faults };
  } finally {
    isKilling = false;
    for (const child of processes) child.kill("SIGKILL");
    await connection.close();
  }
}
