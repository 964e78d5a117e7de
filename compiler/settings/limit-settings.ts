import { integer, KEY_FIELD, RELEASE, RETRY_BUDGET, releaseText, retryBudgetText } from "./kind.ts";
import type { Place, Setting } from "./setting.ts";

/** What bounds tasks besides `maxInFlight` and `rate`, and a new release: the last part of SETTINGS. */
export const LIMIT_SETTINGS = {
  "delivery.retry.budget": ofSubscriber({
    kind: RETRY_BUDGET,
    default: null,
    none: "no bound",
    key: "retryBudget",
    place: "subscriber",
    name: "retries that may fail, in a process",
    concerns: "capacity",
    column: { title: "Retries that may fail", cell: (budget) => (budget === null ? "all" : retryBudgetText(budget)) },
  }),
  "flowControl.maxInFlightTotal": ofUseCase({
    kind: integer(1, 1_000_000),
    default: null,
    none: "no bound",
    key: "maxInFlightTotal",
    place: "subscriber",
    name: "in flight over all workers",
    concerns: "capacity",
    does: (count) => (count === null ? "" : `at most ${count} in flight for a subscriber over all processes`),
    summary: (count) => `at most ${count} in flight`,
  }),
  "flowControl.maxInFlightPerKey.by": ofUseCase({
    kind: KEY_FIELD,
    default: null,
    none: "nothing",
    key: "limitBy",
    place: "keys",
    name: "limited by",
    concerns: "behaviour",
    does: (field, mark) => (field === null ? "" : `those of the same ${mark(field)} share a limit of tasks in flight`),
    summary: (field, mark) => `limited by ${mark(field)}`,
    rollout: ({ was, is, emptied }) =>
      is === "nothing"
        ? undefined
        : {
            phase: "drain",
            text: `Count on the limit by ${is} once ${emptied}.`,
            reason: `Records that are there already have ${was === "nothing" ? "no key, and share one limit" : `the key of ${was}`}.`,
          },
  }),
  "flowControl.maxInFlightPerKey.max": ofUseCase({
    kind: integer(1, 10_000),
    default: 1,
    key: "maxInFlightPerKey",
    place: "settings",
    needs: "flowControl.maxInFlightPerKey.by",
    name: "in flight of a key",
    concerns: "capacity",
    does: (count) => (count === 0 ? "" : `at most ${count} of a key in flight for a subscriber over all processes`),
    summary: (count) => `at most ${count} of a key in flight`,
  }),
  "execution.release": ofUseCase({
    kind: RELEASE,
    default: null,
    none: "at once",
    key: "release",
    place: "settings",
    name: "a new release takes over",
    concerns: "behaviour",
    does: (release) => (release === null ? "" : `a new release takes over by ${releaseText(release)}`),
    summary: ({ steps }) => `released by ${steps.map((percent) => `${percent} %`).join(", ")}`,
  }),
};

/** `D`: the type of its default, which tells whether it may be null. */
type Described<T, D, Key extends string, P extends Place, Each extends "use case" | "subscriber"> = Omit<
  Setting<T, NullOf<D>, Key, P, Each>,
  "default" | "each"
> & { readonly default: D };

type NullOf<D> = null extends D ? null : never;

/** Describes a setting that holds for a whole use case. */
export function ofUseCase<T, const D extends NoInfer<T> | null, const Key extends string, const P extends Place>(
  setting: Described<T, D, Key, P, "use case">,
): Setting<T, NullOf<D>, Key, P, "use case"> {
  return { ...setting, each: "use case" } as Setting<T, NullOf<D>, Key, P, "use case">;
}

/** Describes a setting of which each subscriber may have its own value. */
export function ofSubscriber<T, const D extends NoInfer<T> | null, const Key extends string, const P extends Place>(
  setting: Described<T, D, Key, P, "subscriber">,
): Setting<T, NullOf<D>, Key, P, "subscriber"> {
  return { ...setting, each: "subscriber" } as Setting<T, NullOf<D>, Key, P, "subscriber">;
}
