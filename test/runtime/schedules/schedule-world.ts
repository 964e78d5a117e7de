import { createMemoryControlStore } from "../../../runtime/adapters/memory/memory-control-store.ts";
import type { Clock } from "../../../runtime/contract/clock.ts";
import type { ScheduleSettings } from "../../../runtime/contract/schedule.ts";
import type { ControlStore } from "../../../runtime/control/control-store.ts";
import { type DueTick, runSchedules } from "../../../runtime/schedules/run-schedules.ts";
import { createSimulatedClock, type SimulatedClock } from "../../../runtime/testing/simulated-clock.ts";

export interface Fired extends DueTick {
  /** By the machine's clock, which jumps. */
  readonly wallMs: number;
  /** By a clock that does not. */
  readonly trueMs: number;
  readonly process: number;
}

/** Processes of one machine, on one store, in virtual time: they are killed and stopped, and their clock jumps. */
export interface ScheduleWorld {
  readonly clock: SimulatedClock;
  readonly fired: readonly Fired[];
  readonly problems: readonly string[];
  /** By the machine's clock. */
  now(): number;
  start(schedules: readonly ScheduleSettings[]): number;
  /** Ends it as SIGKILL does: nothing of it is called again. */
  kill(process: number): void;
  /** Ends it as SIGTERM does. */
  stop(process: number): Promise<void>;
  /** As SIGSTOP and SIGCONT do. */
  pause(process: number, ms: number): void;
  jump(ms: number): void;
  readonly living: ReadonlySet<number>;
}

export interface WorldOptions {
  readonly seed: number;
  readonly startMs: number;
  /** Longest that the store, or an enqueue, takes. */
  readonly slowMs?: number;
  /** How many enqueues of 100 fail. */
  readonly failing?: number;
}

export function createScheduleWorld({ seed, startMs, slowMs = 50, failing = 0 }: WorldOptions): ScheduleWorld {
  const clock = createSimulatedClock(seed, startMs);
  const shared = createMemoryControlStore();
  const fired: Fired[] = [];
  const problems: string[] = [];
  const living = new Map<number, { pausedUntil: number; stop: () => Promise<void> }>();
  let offsetMs = 0;
  let processes = 0;
  const now = () => clock.now() + offsetMs;

  function start(schedules: readonly ScheduleSettings[]): number {
    const id = processes++;
    /** Goes on only while the process lives, and once it is not stopped. */
    const whileAlive = (run: () => void): void => {
      const process = living.get(id);
      if (!process) return;
      const restMs = process.pausedUntil - clock.monotonic();
      if (restMs > 0) clock.after(restMs, () => whileAlive(run));
      else run();
    };
    const alive = <T>(work: () => Promise<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        const delay = () => clock.random() * slowMs;
        clock.after(delay(), () => {
          if (!living.has(id)) return;
          const settle = (then: () => void) => clock.after(delay(), () => whileAlive(then));
          work().then(
            (value) => settle(() => resolve(value)),
            (error) => settle(() => reject(error)),
          );
        });
      });
    const own: Clock = { ...clock, now, after: (ms, run, to) => clock.after(ms, () => whileAlive(run), to) };
    const store: ControlStore = {
      list: (prefix) => alive(() => shared.list(prefix)),
      get: (keys) => alive(() => shared.get(keys)),
      put: (key, value, revision) => alive(() => shared.put(key, value, revision)),
      close: async () => {},
    };
    living.set(id, { pausedUntil: 0, stop: async () => {} });
    const running = runSchedules({
      useCase: "tick",
      schedules,
      open: async () => store,
      fire: (tick) =>
        alive(async () => {
          if (clock.random() * 100 < failing) throw new Error("the broker is away");
          fired.push({ ...tick, wallMs: now(), trueMs: clock.now(), process: id });
        }),
      isRefusal: () => false,
      clock: own,
      reportProblem: ({ message }) => problems.push(message),
    });
    living.get(id)!.stop = () => running.stop();
    return id;
  }

  return {
    clock,
    fired,
    problems,
    now,
    start,
    kill: (id) => void living.delete(id),
    async stop(id) {
      const stopping = living.get(id)!.stop();
      let isStopped = false;
      void stopping.then(() => {
        isStopped = true;
      });
      await clock.until(() => isStopped, 60_000);
      living.delete(id);
    },
    pause(id, ms) {
      living.get(id)!.pausedUntil = clock.monotonic() + ms;
    },
    jump(ms) {
      offsetMs += ms;
    },
    get living() {
      return new Set(living.keys());
    },
  };
}
