import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { compileProject } from "../compile-project.ts";
import {
  acceptedBy,
  handledEarly,
  type Life,
  outOfOrder,
  readHandled,
  startExecutor,
  startProducer,
} from "./crash/life.ts";

const KILLS = Number(process.env.CRASH_KILLS ?? 100);
/** Numbers of one producer's life: far more than it gets to. */
const NUMBERS_PER_LIFE = 100_000;

/** Some moment after a process has begun its work, so that the kill hits it in the middle. */
async function untilBusy({ lines }: Life): Promise<void> {
  while (lines.length === 0) await sleep(5);
  await sleep(Math.random() * 300);
}

/** Processes start in half a second; in ten times that where others use the machine too. */
const TIMEOUT_MS = 60_000 + KILLS * 5_000;

test(
  `nothing whose enqueue resolved is lost over ${KILLS} kills of producers and workers`,
  async () => {
    const project = await compileProject("crash", join(import.meta.dirname, "crash/usecases"));
    const place = { project, env: { FIVEFOLD_DATA: join(project, "data") } };
    const producers = [startProducer(place, 0, "p", 0)];
    const workers = [startExecutor(place), startExecutor(place)];

    for (let kill = 1; kill <= KILLS; kill++) {
      if (kill % 2 === 0) {
        const producer = producers.at(-1)!;
        await untilBusy(producer);
        producer.child.kill("SIGKILL");
        await producer.ended;
        producers.push(startProducer(place, kill * NUMBERS_PER_LIFE, "p", 0));
      } else {
        const victim = Math.floor(Math.random() * workers.length);
        await untilBusy(workers[victim]!);
        workers[victim]!.child.kill("SIGKILL");
        await workers[victim]!.ended;
        workers[victim] = startExecutor(place);
      }
    }
    const last = producers.at(-1)!;
    last.child.kill("SIGKILL");
    await last.ended;
    const accepted = acceptedBy(producers);

    const missing = () => {
      const handled = new Set(readHandled(project).map(({ id }) => id));
      return accepted.filter((id) => !handled.has(id));
    };
    const deadline = Date.now() + 60_000;
    while (missing().length > 0 && Date.now() < deadline) await sleep(250);
    for (const { child } of workers) child.kill("SIGTERM");
    expect(await Promise.all(workers.map(({ ended }) => ended))).toEqual([0, 0]);

    expect(accepted.length).toBeGreaterThan(KILLS * 5);
    expect(missing()).toEqual([]);
    // On this machine's own store, nothing is refused.
    expect(producers.flatMap(({ lines }) => lines.filter((line) => !line.startsWith("+ ")))).toEqual([]);
    const handled = readHandled(project);
    expect(outOfOrder(handled)).toEqual([]);
    expect(handledEarly(handled)).toEqual([]);
    const ids = new Set(handled.map(({ id }) => id));
    console.log(
      JSON.stringify({
        kills: KILLS,
        accepted: accepted.length,
        handled: ids.size,
        repeated: handled.length - ids.size,
      }),
    );
  },
  TIMEOUT_MS,
);
