import { Fault } from "../../loader/fault.ts";
import type { ControlStore, Override, OverridePlace, Overrides } from "../../runtime/runtime.ts";
import { parseRate } from "../options.ts";
import { placesOf } from "../places.ts";
import { onStores, type StoreOptions, type Stores } from "../stores.ts";
import { colorsOf, grouped, say, sayJson } from "../terminal.ts";
import { auditFileOf, operatorName, writeDown } from "./audit-log.ts";

export interface ChangeOptions extends StoreOptions {
  readonly why?: string;
  /** The file in which it is written down. */
  readonly audit?: string;
}

export interface LimitOptions extends ChangeOptions {
  readonly maxInFlight?: string;
  readonly maxInFlightTotal?: string;
  readonly rate?: string;
  readonly clear?: boolean;
}

/** `fivefold pause <use-case[/subscriber]>` and `fivefold resume` */
export async function pauseOrResume(action: "pause" | "resume", name: string, options: ChangeOptions): Promise<void> {
  const entry = { action, place: name };
  await change(name, options, entry, (store, { runtime }, who) => setPaused(action, name, { store, runtime, who }));
}

/** Who sets something, and where. */
interface Setter {
  readonly store: ControlStore;
  readonly runtime: Stores["runtime"];
  readonly who: Who;
}

type Who = Parameters<Stores["runtime"]["changeOverride"]>[3];

export async function setPaused(
  action: "pause" | "resume",
  name: string,
  { store, runtime, who }: Setter,
): Promise<Override> {
  const [useCase = "", subscriber = ""] = name.split("/");
  const place = { useCase, subscriber };
  if (action === "pause") return runtime.changeOverride(store, place, { paused: true }, who);
  // To resume one subscriber of a use case that is paused as a whole, it has to say so itself.
  const { paused } = (await runtime.readOverrides(store)).of({ useCase, subscriber: "" });
  const isPausedAsAWhole = subscriber !== "" && paused === true;
  return runtime.changeOverride(store, place, { paused: isPausedAsAWhole ? false : undefined }, who);
}

/** `fivefold limit <use-case[/subscriber]>` */
export async function limit(name: string, options: LimitOptions): Promise<void> {
  const limits = readLimits(options);
  const { maxInFlight, maxInFlightTotal, rate, clear } = options;
  const entry = { action: "limit", place: name, maxInFlight, maxInFlightTotal, rate, clear };
  await change(name, options, entry, (store, { runtime }, who) => {
    const [useCase = "", subscriber = ""] = name.split("/");
    return runtime.changeOverride(store, { useCase, subscriber }, limits, who);
  });
}

/** The limits that options name; with `clear`, that none is set. */
export function readLimits(options: LimitOptions): Override {
  const { maxInFlight, maxInFlightTotal, rate, clear = false } = options;
  if (!clear && [maxInFlight, maxInFlightTotal, rate].every((limit) => limit === undefined)) {
    throw new Fault(
      "usage",
      "Say what is to hold instead of what is declared: --max-in-flight, --max-in-flight-total, --rate, or --clear.",
    );
  }
  return clear
    ? { maxInFlight: undefined, maxInFlightTotal: undefined, rate: undefined }
    : {
        ...(maxInFlight !== undefined && { maxInFlight: wholeNumber("--max-in-flight", maxInFlight, 100_000) }),
        ...(maxInFlightTotal !== undefined && {
          maxInFlightTotal:
            maxInFlightTotal === "none" ? null : wholeNumber("--max-in-flight-total", maxInFlightTotal, 1_000_000),
        }),
        ...(rate !== undefined && { rate: rate === "none" ? null : parseRate("--rate", rate) }),
      };
}

/** `fivefold status [use-case[/subscriber]]` */
export async function status(name: string | undefined, options: StoreOptions): Promise<void> {
  await onStores(options, async (stores) => {
    await onControlStore(stores, async (store) => {
      const rows = await statusOf(stores, await stores.runtime.readOverrides(store), name);
      if (options.json) return sayJson({ ok: true, subscribers: rows });
      for (const row of rows) sayStatus(row);
    });
  });
}

type Change = (store: ControlStore, stores: Stores, who: Who) => Promise<Override>;

/** Changes what holds for a place, once that is written down, and shows what follows. */
async function change(name: string, options: ChangeOptions, entry: object, work: Change): Promise<void> {
  await onStores(options, async (stores) => {
    await placesOf(stores.root, name);
    await onControlStore(stores, async (store) => {
      writeDown(auditFileOf(stores.root, options.audit), [{ ...entry, why: options.why }]);
      await work(store, stores, whoIs(options.why));
      const rows = await statusOf(stores, await stores.runtime.readOverrides(store), name);
      if (options.json) return sayJson({ ok: true, subscribers: rows });
      for (const row of rows) sayStatus(row);
      say("Workers go by it within 2 s.");
    });
  });
}

/** Opens what operators set, does that, and closes it. */
export async function onControlStore(
  { connection }: Stores,
  work: (store: ControlStore) => Promise<void>,
): Promise<void> {
  const { openControlStore } = connection.ports;
  if (!openControlStore) throw new Fault("environment", "These stores keep nothing that can be set at run time.");
  const store = await openControlStore();
  try {
    await work(store);
  } finally {
    await store.close();
  }
}

const whoIs = (why: string | undefined) => ({ by: operatorName(), at: Date.now(), why });

/** How a subscriber stands. */
export interface Status extends OverridePlace {
  readonly paused: boolean;
  readonly backlog: number;
  readonly deadLetters: number;
  /** In one process. */
  readonly maxInFlight: { readonly declared: number; readonly now: number };
  /** Over all processes; null: no bound. */
  readonly maxInFlightTotal: { readonly declared: number | null; readonly now: number | null };
  /** Over all processes; null: no bound. */
  readonly rate: { readonly declared: string | null; readonly now: string | null };
  /** Who set something, the last first. */
  readonly set: readonly { readonly by: string; readonly at: string; readonly why?: string | undefined }[];
}

export async function statusOf(stores: Stores, overrides: Overrides, name: string | undefined): Promise<Status[]> {
  const { runtime, connection } = stores;
  const { transport } = connection.ports;
  const backlogOf = (topic: string, subscription: string) =>
    transport.backlog(topic, subscription).catch((error) => {
      // No worker has run yet.
      if (error.code === "unknown-topic") return 0;
      throw error;
    });
  const rows: Status[] = [];
  for (const { useCase, subscriber: subscriberName } of await placesOf(stores.root, name)) {
    const subscriber = useCase.subscribers.find((one) => one.name === subscriberName)!;
    const place = { useCase: useCase.name, subscriber: subscriber.name };
    const { paused = false, maxInFlight, maxInFlightTotal, rate } = overrides.of(place);
    const total = subscriber.maxInFlightTotal ?? null;
    const topic = runtime.topicOf(useCase.name, useCase.priority);
    const settings = overrides.all.filter(
      (one) => one.useCase === place.useCase && (one.subscriber === "" || one.subscriber === place.subscriber),
    );
    rows.push({
      ...place,
      paused,
      backlog: await backlogOf(topic, subscriber.name),
      deadLetters: await backlogOf(runtime.deadLetterTopicOf(topic, subscriber.name), runtime.DEAD_LETTER_SUBSCRIPTION),
      maxInFlight: { declared: subscriber.maxInFlight, now: maxInFlight ?? subscriber.maxInFlight },
      maxInFlightTotal: { declared: total, now: maxInFlightTotal === undefined ? total : maxInFlightTotal },
      rate: { declared: rateText(subscriber.rate), now: rateText(rate === undefined ? subscriber.rate : rate) },
      set: settings
        .map(({ setting }) => setting)
        .sort((a, b) => b.at - a.at)
        .map(({ by, at, why }) => ({ by, at: new Date(at).toISOString(), why })),
    });
  }
  return rows;
}

function sayStatus(status: Status): void {
  const { useCase, subscriber, paused, backlog, deadLetters, maxInFlight, maxInFlightTotal, rate, set } = status;
  const { bold, dim, green, yellow } = colorsOf(process.stdout);
  const name = subscriber === "default" ? useCase : `${useCase}/${subscriber}`;
  say(
    `${bold(name)}  ${paused ? yellow("paused") : green("runs")}  ${grouped(backlog)} to do, ${grouped(deadLetters)} dead letters`,
  );
  const changed = <T>(what: string, { declared, now }: { readonly declared: T; readonly now: T }) =>
    say(`  ${what}: ${declared === now ? now : yellow(`${now}, not ${declared} as declared`)}`);
  changed("in flight in a process, at most", maxInFlight);
  const changedIfAny = <T>(what: string, { declared, now }: { readonly declared: T; readonly now: T }) => {
    if (declared !== null || now !== null)
      changed(what, { declared: declared ?? "any number", now: now ?? "any number" });
  };
  changedIfAny("in flight over all processes, at most", maxInFlightTotal);
  changedIfAny("started over all processes, at most", rate);
  for (const { by, at, why } of set) say(dim(`  set by ${by} at ${at}${why ? `: ${why}` : ""}`));
}

function rateText(rate: Override["rate"]): string | null {
  return rate ? `${grouped(rate.count)} every ${rate.periodMs / 1_000} s` : null;
}

function wholeNumber(option: string, text: string, most: number): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= most) return number;
  throw new Fault(
    "usage",
    `${option} takes a whole number from 1 to ${grouped(most)}; found '${text}'. To start nothing, pause it.`,
  );
}
