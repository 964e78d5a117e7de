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
 * Delayed tasks, half of which several processes cancel or reschedule at random moments, while workers are killed: none that was
 * answered `cancelled` runs; what was answered `rescheduled` runs for that time alone, and not before; and all others run.
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
/** Time is the server's, which this machine's clock is compared with. */
const CLOCKS_MS = 5;

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
      const at = Math.floor(Date.now() + shortestMs + random() * longestMs);
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
    const wishes = [...due].filter(() => random() < 0.5).map(([id, at]): Wish => ({ id, steps: stepsFor(at) }));
    /** Half of them are cancelled, the others rescheduled, of which some are rescheduled again, or cancelled. */
    function stepsFor(dueAt: number): Wish["steps"] {
      const first = { at: now + random() * (dueAt + 500 - now) };
      if (random() < 0.5) return [first];
      const to = Math.floor(first.at + 500 + random() * longestMs);
      const second = { at: first.at + random() * (to - first.at) };
      const draw = random();
      if (draw < 0.5) return [{ ...first, to }];
      return [
        { ...first, to },
        draw < 0.75 ? second : { ...second, to: Math.floor(second.at + 500 + random() * longestMs) },
      ];
    }
    const parts = cancellers.map((_, i) => wishes.filter((__, j) => j % cancellers.length === i));
    const answered = cancellers.map(async (canceller, i) => {
      const answer = once(canceller, "message");
      canceller.send(parts[i]!);
      return (await answer)[0] as Answered[];
    });
    const answers = (await Promise.all(answered)).flat();
    const cancelled = new Set(answers.filter(({ answer }) => answer === "cancelled").map(({ id }) => id));
    /** When it is due that was rescheduled, by the last answer. */
    const moved = new Map(answers.filter(({ answer }) => answer === "rescheduled").map(({ id, to }) => [id, to!]));
    const unknown = answers.filter(({ answer }) => !/^(cancelled|rescheduled|started)$/.test(answer));
    const open = new Set(unknown.map(({ id }) => id));
    const dueAtOf = (id: string) => moved.get(id) ?? due.get(id)!;
    await sleep(Math.max(0, Math.max(...[...due.keys()].map(dueAtOf)) - Date.now()));
    isKilling = false;
    await killing;

    const ran = () => {
      const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n") : [];
      const runs = lines.filter((line) => line !== "").map((line) => line.split(" ") as [string, string, string]);
      return runs.map(([id, dueAt, at]) => ({ id, dueAt: Number(dueAt), at: Number(at) }));
    };
    const lost = () => {
      const all = new Set(ran().map(({ id }) => id));
      return [...due.keys()].filter((id) => !cancelled.has(id) && !open.has(id) && !all.has(id));
    };
    const giveUpAt = Date.now() + PATIENCE_MS;
    while (lost().length > 0 && Date.now() < giveUpAt) await sleep(500);
    // What should not run would by now.
    await sleep(2_000);
    const runs = ran();
    const wrong = runs.filter(({ id }) => cancelled.has(id)).map(({ id }) => id);
    const early = runs.filter(({ dueAt, at }) => at < dueAt - CLOCKS_MS).map(({ id }) => id);
    // Where a busy process asked so late that the time had passed, it is when it asked.
    const asked = new Map(answers.filter(({ answer }) => answer === "rescheduled").map((one) => [one.id, one]));
    const isOfItsTime = (id: string, dueAt: number) => {
      const { from = 0, until = 0 } = asked.get(id) ?? {};
      return dueAt === dueAtOf(id) || (dueAtOf(id) <= until && dueAt >= from && dueAt <= until);
    };
    const outdated = runs.filter(({ id, dueAt }) => !open.has(id) && !isOfItsTime(id, dueAt)).map(({ id }) => id);
    const isExcused = ({ from, until }: Answered) => kills.some((at) => at < until && at + KILL_MS > from);
    const firsts = answers.filter((one, i) => answers[i - 1]?.id !== one.id);
    const inTime = firsts.filter(({ id, from }) => due.get(id)! - from > 1_000);
    const missed = inTime.filter((one) => !/^(cancelled|rescheduled)$/.test(one.answer) && !isExcused(one));
    const unexcused = unknown.filter((one) => !isExcused(one));
    const faults: string[] = [];
    if (wrong.length > 0)
      faults.push(`${wrong.length} ran though they were cancelled: ${wrong.slice(0, 3).join(", ")}`);
    if (early.length > 0) faults.push(`${early.length} ran early: ${early.slice(0, 3).join(", ")}`);
    if (outdated.length > 0)
      faults.push(`${outdated.length} ran for another time than their last: ${outdated.slice(0, 3).join(", ")}`);
    if (lost().length > 0) faults.push(`${lost().length} were lost: ${lost().slice(0, 3).join(", ")}`);
    if (unexcused.length > answers.length / 1_000)
      faults.push(`${unexcused.length} are unknown: ${unexcused[0]!.answer}`);
    if (missed.length > inTime.length / 1_000)
      faults.push(`${missed.length} of ${inTime.length} in time were neither cancelled nor rescheduled`);
    const started = answers.filter(({ answer }) => answer === "started").length;
    const did = { tasks, wishes: answers.length, cancelled: cancelled.size, rescheduled: moved.size };
    return {
      did: { ...did, started, unknown: unknown.length, inTime: inTime.length, kills: kills.length },
      faults,
    };
  } finally {
    isKilling = false;
    for (const child of processes) child.kill("SIGKILL");
    await connection.close();
  }
}
