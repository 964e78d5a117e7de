import { type Cancel, type Clock, settledWithin } from "../contract/clock.ts";
import type { RateSettings, ReportProblem } from "../contract/contract.ts";
import { FivefoldError } from "../contract/errors.ts";
import { describeThrown } from "../contract/thrown.ts";
import type { ControlEntry, ControlStore } from "./control-store.ts";

/** What an operator has set for a subscriber, in the place of what its use case declares. */
export interface Override {
  /** Starts no task. */
  readonly paused?: boolean | undefined;
  /** In one process. */
  readonly maxInFlight?: number | undefined;
  /** Over all processes; null: no bound. */
  readonly maxInFlightTotal?: number | null | undefined;
  /** Over all processes; null: no bound. */
  readonly rate?: RateSettings | null | undefined;
}

/** Who did that, when, and why. */
export interface Setting extends Override {
  readonly by: string;
  /** In ms since the Unix epoch. */
  readonly at: number;
  readonly why?: string | undefined;
}

type Who = Pick<Setting, "by" | "at" | "why">;

/** Of one subscriber, or of all of a use case's, where `subscriber` is empty. */
export interface OverridePlace {
  readonly useCase: string;
  readonly subscriber: string;
}

const PREFIX = "flow/";
/** A change takes effect within it, and what a read takes. */
const LOOK_MS = 1_000;

const keyOf = ({ useCase, subscriber }: OverridePlace): string => `${PREFIX}${useCase}/${subscriber}`;

function placeOf(key: string): OverridePlace {
  const [useCase = "", subscriber = ""] = key.slice(PREFIX.length).split("/");
  return { useCase, subscriber };
}

/** What is set now. A subscriber's own settings go before those of its use case, each for itself. */
export interface Overrides {
  of(place: OverridePlace): Override;
  readonly all: readonly (OverridePlace & { readonly setting: Setting })[];
}

export const NO_OVERRIDES: Overrides = { of: () => ({}), all: [] };

function overridesOf(entries: readonly ControlEntry[]): Overrides {
  const all = entries.map(({ key, value }) => ({ ...placeOf(key), setting: JSON.parse(value) as Setting }));
  const find = (useCase: string, subscriber: string) =>
    all.find((one) => one.useCase === useCase && one.subscriber === subscriber)?.setting;
  return {
    of({ useCase, subscriber }) {
      const [shared, own] = [find(useCase, ""), find(useCase, subscriber)];
      const one = <K extends keyof Override>(name: K): Override[K] =>
        own?.[name] === undefined ? shared?.[name] : own[name];
      return {
        paused: one("paused"),
        maxInFlight: one("maxInFlight"),
        maxInFlightTotal: one("maxInFlightTotal"),
        rate: one("rate"),
      };
    },
    all,
  };
}

export async function readOverrides(store: ControlStore): Promise<Overrides> {
  return overridesOf(await store.list(PREFIX));
}

/**
 * Sets, or with `undefined` clears, whatever others change meanwhile. What is set for a use case holds for all of its
 * subscribers, also those that had another setting of their own. Returns what holds for that place now.
 */
export async function changeOverride(
  store: ControlStore,
  place: OverridePlace,
  change: Override,
  who: Who,
): Promise<Override> {
  await changeOne(store, keyOf(place), change, who);
  if (place.subscriber === "") {
    const nothing = Object.fromEntries(Object.keys(change).map((name) => [name, undefined]));
    for (const { key } of await store.list(keyOf(place))) {
      if (key !== keyOf(place)) await changeOne(store, key, nothing, who);
    }
  }
  return (await readOverrides(store)).of(place);
}

async function changeOne(store: ControlStore, key: string, change: Override, who: Who): Promise<void> {
  for (;;) {
    const [found] = (await store.list(key)).filter((entry) => entry.key === key);
    const { by, at, why, ...before } = found ? (JSON.parse(found.value) as Setting) : ({} as Setting);
    const after: Override = { ...before, ...change };
    const clearsAll = Object.values(change).every((value) => value === undefined);
    // There is nothing to clear; to set the same again may have another reason.
    if (clearsAll && JSON.stringify(after) === JSON.stringify(before)) return;
    const isEmpty = Object.values(after).every((value) => value === undefined);
    const value = isEmpty ? undefined : JSON.stringify({ ...after, ...who });
    if (await store.put(key, value, found?.revision ?? 0)) return;
  }
}

/**
 * Reads what is set, and again every second, or whenever the store tells; tells of what has changed. Where it can't be read, what was set stays. The
 * first read is done, or has failed, when this resolves.
 */
export async function watchOverrides(settings: {
  readonly open: () => Promise<ControlStore>;
  readonly changed: (overrides: Overrides) => void;
  readonly clock: Clock;
  readonly reportProblem: ReportProblem;
}): Promise<{ stop(): Promise<void> }> {
  const { clock, reportProblem } = settings;
  let store: ControlStore | undefined;
  let known = "[]";
  let stopped = false;
  let cancel: Cancel = () => {};
  let looking: Promise<void> = Promise.resolve();

  async function look(): Promise<void> {
    try {
      store ??= await settings.open();
      const entries = await store.list(PREFIX);
      const text = JSON.stringify(entries);
      if (text === known || stopped) return;
      settings.changed(overridesOf(entries));
      known = text;
    } catch (error) {
      const message =
        `What is paused and which limits are overridden can't be read now: ${describeThrown(error)} ` +
        "What was known before stays, and it is tried again.";
      reportProblem(new FivefoldError("storage-failed", message, { cause: error }));
    }
  }

  function lookLater(): void {
    if (stopped) return;
    cancel = clock.after(
      LOOK_MS,
      () => {
        looking = look().then(lookLater);
      },
      { background: true },
    );
  }

  await look();
  if (store?.watch) {
    cancel = store.watch(() => {
      looking = looking.then(look);
    });
    // What has changed between the two.
    await look();
  } else lookLater();
  return {
    async stop() {
      stopped = true;
      cancel();
      // A store that does not answer must not keep the process.
      await settledWithin(clock, LOOK_MS, looking);
    },
  };
}
