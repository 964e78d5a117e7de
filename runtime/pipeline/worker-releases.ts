import type { Clock } from "../contract/clock.ts";
import { type ExecutorContract, type ReportProblem, topicOf } from "../contract/contract.ts";
import type { ControlStore } from "../control/control-store.ts";
import { joinReleases, type ReleasedUseCase, type Releases } from "../release/join-releases.ts";
import { createServedTasks } from "./served-tasks.ts";

/** What a worker runs, and where others reach it. */
export interface ReleaseOptions {
  /** The same for all workers of one build, and another one for every other build. */
  readonly name: string;
  /** Where workers of other releases reach this process, by its own address. Default: this machine alone, `127.0.0.1`. */
  readonly host?: string | undefined;
}

export interface WorkerReleases extends Pick<Releases, "view" | "leave" | "stop"> {
  /** Whether this worker consumes it from the start. */
  consumes(useCase: string, subscriber: string): boolean;
  /** Tells of what it has to consume besides, from now on. */
  follow(consume: (useCase: string, subscriber: string) => void): void;
}

const placeOf = (topic: string, subscriber: string): string => `${topic}/${subscriber}`;

/** Joins the releases of those use cases that have `release`; `undefined`: none has, or nothing is known of releases here. */
export async function joinWorkerReleases(options: {
  readonly release: ReleaseOptions | undefined;
  readonly executors: readonly ExecutorContract<unknown>[];
  readonly open: (() => Promise<ControlStore>) | undefined;
  readonly clock: Clock;
  readonly reportProblem: ReportProblem;
}): Promise<WorkerReleases | undefined> {
  const { release, open, clock, reportProblem } = options;
  const executors = options.executors.filter(({ settings }) => settings.release);
  if (!release || !open || executors.length === 0) return undefined;
  const first = new Set<string>();
  let consume = (useCase: string, subscriber: string): void => void first.add(placeOf(useCase, subscriber));
  const releases = await joinReleases({
    release: release.name,
    host: release.host ?? "127.0.0.1",
    useCases: executors.map(({ settings }) => releasedUseCase(settings)),
    run: createServedTasks({ executors, clock, reportProblem }),
    consume: (useCase, place) => consume(useCase, place.slice(place.lastIndexOf("/") + 1)),
    ...{ open, clock, reportProblem },
  });
  const known = new Set(executors.map(({ settings }) => settings.name));
  return {
    view: releases.view,
    leave: releases.leave,
    stop: releases.stop,
    consumes(useCase, subscriber) {
      const isFirst = first.delete(placeOf(useCase, subscriber));
      return isFirst || !known.has(useCase);
    },
    follow(told) {
      consume = told;
      // What came while the first ones were opened.
      for (const place of first) told(...(place.split("/") as [string, string]));
    },
  };
}

function releasedUseCase({
  name,
  priority,
  release,
  subscribers,
}: ExecutorContract<unknown>["settings"]): ReleasedUseCase {
  const { steps, errorPoints, slowerPercent, stepMs } = release!;
  return {
    name,
    guard: { errorPoints, slowerPercent },
    ...{ steps, stepMs },
    places: subscribers.map((subscriber) => placeOf(topicOf(name, priority), subscriber.name)),
  };
}
