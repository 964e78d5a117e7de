import { type Cancel, type Clock, sleep } from "../contract/clock.ts";
import type { ReportProblem } from "../contract/contract.ts";
import { FivefoldError } from "../contract/errors.ts";
import { describeThrown } from "../contract/thrown.ts";
import type { ControlStore } from "./control-store.ts";
import type { OverridePlace } from "./overrides.ts";
import type { Binding } from "./worker-reports.ts";

/**
 * Where a task is in a process that holds it. `not-due`, `retry-later` and `retry-budget`: until `at`; `behind-key`: `ahead` of its key are before
 * it; `fair-share`: `ahead` of its tenant are; `gathering`: for its batch; `running` and `awaits-callback`: since `at`;
 * `alone`: until a process is free where nothing else runs, since it may have ended one. The others are what keeps all that waits from starting.
 */
export type TaskState =
  | Binding
  | "not-due"
  | "retry-later"
  | "behind-key"
  | "fair-share"
  | "starting"
  | "gathering"
  | "alone"
  | "running"
  | "awaits-callback";

export interface TaskStanding {
  readonly state: TaskState;
  readonly attempt: number;
  /** In ms since the Unix epoch. */
  readonly at?: number | undefined;
  readonly ahead?: number | undefined;
  readonly key?: string | undefined;
}

export interface PlacedTask extends OverridePlace, TaskStanding {}

const ASK = "ask/";
const ANSWER = "answer/";
const LOOK_MS = 1_000;
const POLL_MS = 100;
/** Whoever asked is gone by then. */
const FORGET_MS = 60_000;

/** Asks all workers for a task; resolves once so many have answered, or the time is over. */
export async function askForTask(
  store: ControlStore,
  taskId: string,
  { workers, withinMs, clock }: { readonly workers: number; readonly withinMs: number; readonly clock: Clock },
): Promise<readonly PlacedTask[]> {
  const name = clock.randomId(12);
  await store.put(ASK + name, JSON.stringify({ taskId, at: clock.now() }), 0);
  const endsAt = clock.monotonic() + withinMs;
  let answers = await store.list(`${ANSWER}${name}/`);
  while (answers.length < workers && clock.monotonic() < endsAt) {
    await sleep(clock, POLL_MS);
    answers = await store.list(`${ANSWER}${name}/`);
  }
  for (const { key, revision } of [...(await store.list(ASK + name)), ...answers]) {
    await store.put(key, undefined, revision);
  }
  return answers.flatMap(({ value }) => JSON.parse(value) as PlacedTask[]);
}

/** Answers what is asked of this process's tasks, once a second, until it is stopped. */
export function answerQuestions(options: {
  readonly open: () => Promise<ControlStore>;
  readonly find: (taskId: string) => readonly PlacedTask[];
  readonly clock: Clock;
  readonly reportProblem: ReportProblem;
}): { stop(): Promise<void> } {
  const { clock } = options;
  let own: string | undefined;
  const answered = new Set<string>();
  let stopped = false;
  let cancel: Cancel = () => {};
  let answering: Promise<void> = Promise.resolve();

  async function look(): Promise<void> {
    const store = await options.open();
    // It is of this process alone, which nobody else can ask.
    if (store.watch) {
      stopped = true;
      return;
    }
    const asked = await store.list(ASK);
    for (const { key, value, revision } of asked) {
      const { taskId, at } = questionIn(value);
      if (Math.abs(clock.now() - at) > FORGET_MS) await store.put(key, undefined, revision);
      else if (!answered.has(key)) {
        answered.add(key);
        own ??= clock.randomId(12);
        const answer = JSON.stringify(options.find(taskId));
        await store.put(`${ANSWER}${key.slice(ASK.length)}/${own}`, answer, 0);
      }
    }
    for (const key of answered) if (!asked.some((one) => one.key === key)) answered.delete(key);
  }

  function lookLater(): void {
    if (stopped) return;
    cancel = clock.after(
      LOOK_MS,
      () => {
        answering = look()
          .catch((error) => {
            const message = `What is asked of tasks can't be answered now, which changes nothing for them: ${describeThrown(error)}`;
            options.reportProblem(new FivefoldError("storage-failed", message, { cause: error }));
          })
          .then(lookLater);
      },
      { background: true },
    );
  }

  lookLater();
  return {
    async stop() {
      stopped = true;
      cancel();
      await answering;
    },
  };
}

function questionIn(text: string): { readonly taskId: string; readonly at: number } {
  try {
    const { taskId, at } = JSON.parse(text) as { taskId: unknown; at: unknown };
    return { taskId: String(taskId), at: Number(at) || 0 };
  } catch {
    return { taskId: "", at: 0 };
  }
}
