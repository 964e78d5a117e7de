import type { TaskRecord } from "../../runtime/contract/contract.ts";
import { createDelayRunner } from "../../runtime/scheduler/delay-runner.ts";
import type { Delayed, DelayStore } from "../../runtime/scheduler/delay-store.ts";
import { delayed } from "../runtime/scheduler/delay-store-suite.ts";
import type { Adapter } from "./adapters.ts";
import { createWorld, type Draw, type WorldProcess } from "./world.ts";

/*
 * Whole delays: processes that add records, fire what is due (by the runner that workers have) and consume the topic,
 * where one that comes too early by the consumer's clock is put off again, as the scheduler does. Processes are killed
 * and paused anywhere, and their clocks differ. All that was added must be handled, and nothing earlier than the clock
 * that is ahead the most.
 */

const PROCESSES = 3;
const RECORDS = 12;
const LONGEST_DELAY_MS = 20_000;
/** Records are handled as soon as a consumer gets them, so this many steps are more than enough. */
const MAX_STEPS = 20_000;
/** In which processes are killed and paused. */
const HARSH_STEPS = 300;
const POLL_MS = 100;

interface Stored {
  readonly record: TaskRecord;
  /** The process that holds it; undefined: any may have it. */
  holder: WorldProcess | undefined;
}

export interface DelayRun {
  readonly faults: readonly string[];
  readonly handled: number;
  readonly kills: number;
}

/** Only what a process calls from outside, through its gate. */
function behindGate(store: DelayStore, { gate }: WorldProcess): DelayStore {
  const gated: Record<string, unknown> = { horizonMs: store.horizonMs };
  for (const name of ["add", "claimDue", "renew", "remove", "nextDueAt", "size"] as const) {
    const call = store[name] as ((...parameters: unknown[]) => Promise<unknown>) | undefined;
    if (call) gated[name] = (...parameters: unknown[]) => gate(() => call.apply(store, parameters));
  }
  return gated as unknown as DelayStore;
}

/** Clocks differ by at most that. */
export async function runDelays(adapter: Adapter<DelayStore>, draw: Draw, mostSkewMs: number): Promise<DelayRun> {
  const topic: Stored[] = [];
  const added = new Map<string, number>();
  const handledAt = new Map<string, number>();
  const faults: string[] = [];
  let kills = 0;
  let adding = 0;
  const skews = Array.from({ length: PROCESSES }, () => (mostSkewMs === 0 ? 0 : draw(mostSkewMs + 1)));
  const ahead = Math.max(...skews);

  const world = createWorld({
    draw,
    onKill(process) {
      kills++;
      for (const stored of topic) if (stored.holder === process) stored.holder = undefined;
      launch(Number(process.name));
    },
  });

  const opened = await adapter.open(skews.map(world.clock));

  function launch(of: number): void {
    const process = world.start(`${of}`, skews[of]!);
    const store = behindGate(opened.ways[of]!, process);
    const runner = createDelayRunner({
      store,
      publish: (_, records) =>
        process.gate(() => {
          for (const record of records) topic.push({ record, holder: undefined });
        }),
      observe: () => {},
      clock: process.clock,
      reportProblem({ message }) {
        // A process that was paused is to say that it lost its leases, and nothing else is to go wrong.
        if (!message.includes("this process stood still")) faults.push(message);
      },
    });
    runner.run();
    void consume(process, runner.add);
    void add(process, runner.add);
  }

  async function add(process: WorldProcess, put: (entries: readonly Delayed[]) => Promise<void>): Promise<void> {
    while (adding < RECORDS) {
      const id = `n${adding++}`;
      const dueAt = process.clock.now() + draw(LONGEST_DELAY_MS);
      await put([delayed(id, dueAt, { dueAt })]);
      added.set(id, dueAt);
    }
  }

  async function consume(process: WorldProcess, put: (entries: readonly Delayed[]) => Promise<void>): Promise<void> {
    for (;;) {
      const stored = await process.gate(() => {
        const found = topic.find(({ holder }) => holder === undefined);
        if (found) found.holder = process;
        return found;
      });
      if (!stored) {
        await new Promise<void>((resolve) => process.clock.after(POLL_MS, resolve));
        continue;
      }
      const { record } = stored;
      if (record.dueAt > process.clock.now()) await put([{ topic: "note.low", dueAt: record.dueAt, record }]);
      else {
        if (world.now < record.dueAt - ahead) faults.push(`${record.id} ran ${record.dueAt - world.now} ms early`);
        handledAt.set(record.id, world.now);
      }
      await process.gate(() => topic.splice(topic.indexOf(stored), 1));
    }
  }

  try {
    for (let of = 0; of < PROCESSES; of++) launch(of);
    await world.run(() => false, HARSH_STEPS);
    world.harsh = false;
    const isDone = () => topic.length === 0 && [...added.keys()].every((id) => handledAt.has(id));
    if (!(await world.run(isDone, MAX_STEPS))) {
      const missing = [...added.keys()].filter((id) => !handledAt.has(id));
      faults.push(`${missing.length} of ${added.size} lost: ${missing.join(", ")}`);
    }
    return { faults, handled: handledAt.size, kills };
  } finally {
    await opened.close();
  }
}
