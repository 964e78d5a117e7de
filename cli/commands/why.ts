import type { Connection, ControlStore, Overrides, WorkerReport } from "../../runtime/runtime.ts";
import { type Place, placesOf } from "../places.ts";
import { onStores, type StoreOptions, type Stores } from "../stores.ts";
import { colorsOf, grouped, say, sayJson } from "../terminal.ts";
import { onControlStore } from "./controls.ts";

/** Why a subscriber's tasks do not run, or what holds their rate where it is. */
type Reason =
  | "nothing-waits"
  | "not-due"
  | "paused"
  | "no-worker"
  | "rate"
  | "limit"
  | "total"
  | "hosts"
  | "permits"
  | "retry-budget"
  | "behind-keys"
  | "flowing";

export interface Answer {
  readonly useCase: string;
  readonly subscriber: string;
  readonly reason: Reason;
  /** The same in a sentence, with what to do where something is to be done. */
  readonly text: string;
  readonly backlog: number;
  readonly delayed: number;
  /** When the first of those is due; null: none waits. */
  readonly firstDueAt: string | null;
  readonly workers: number;
  readonly inFlight: number;
}

/** `fivefold why [use-case[/subscriber]]` */
export async function why(name: string | undefined, options: StoreOptions): Promise<void> {
  await onStores(options, async (stores) => {
    await onControlStore(stores, async (store) => {
      const known = await readKnown(stores, store);
      const places = await placesOf(stores.root, name);
      const answers = await Promise.all(places.map((place) => whyOf(stores, place, known)));
      if (options.json) return sayJson({ ok: true, subscribers: answers });
      for (const answer of answers) sayAnswer(answer);
    });
  });
}

/** What is known of all subscribers. */
export async function readKnown({ runtime, connection }: Stores, store: ControlStore): Promise<Known> {
  const { delayStore, clock } = connection.ports;
  const now = delayStore.now?.() ?? clock.now();
  return {
    overrides: await runtime.readOverrides(store),
    reports: await runtime.readWorkerReports(store, now),
    delayed: await delayStore.groups(),
    now,
  };
}

export interface Known {
  readonly overrides: Overrides;
  readonly reports: readonly WorkerReport[];
  readonly delayed: Awaited<ReturnType<Connection["ports"]["delayStore"]["groups"]>>;
  readonly now: number;
}

/** What keeps a subscriber's tasks. */
export async function whyOf(stores: Stores, { useCase, subscriber }: Place, known: Known): Promise<Answer> {
  const { runtime, connection } = stores;
  const topic = runtime.topicOf(useCase.name, useCase.priority);
  const backlog = await connection.ports.transport.backlog(topic, subscriber).catch((error) => {
    if (error.code === "unknown-topic") return 0;
    throw error;
  });
  const groups = known.delayed.filter(
    (group) => group.topic === topic && (group.subscription === "" || group.subscription === subscriber),
  );
  const delayed = groups.reduce((sum, { count }) => sum + count, 0);
  const firstDueAt = Math.min(...groups.map((group) => group.firstDueAt));
  const workers = known.reports.filter(({ useCases }) => useCases.includes(useCase.name));
  const busy = workers.flatMap((worker) =>
    worker.busy.filter((one) => one.useCase === useCase.name && one.subscriber === subscriber),
  );
  const inFlight = busy.reduce((sum, one) => sum + one.inFlight, 0);
  const numbers = { backlog, delayed, workers: workers.length, inFlight };
  const found = reasonOf();
  return {
    useCase: useCase.name,
    subscriber,
    ...found,
    ...numbers,
    firstDueAt: Number.isFinite(firstDueAt) ? new Date(firstDueAt).toISOString() : null,
  };

  function reasonOf(): Pick<Answer, "reason" | "text"> {
    const place = { useCase: useCase.name, subscriber };
    if (known.overrides.of(place).paused) {
      return {
        reason: "paused",
        text: "It is paused: `fivefold status` says by whom, `fivefold resume` lets it go on.",
      };
    }
    if (backlog === 0 && inFlight === 0 && busy.length === 0) {
      if (delayed === 0) return { reason: "nothing-waits", text: "Nothing waits." };
      const inMs = Math.max(0, firstDueAt - known.now);
      return { reason: "not-due", text: `Nothing is due: the first of ${grouped(delayed)} is in ${seconds(inMs)}.` };
    }
    if (workers.length === 0) {
      return { reason: "no-worker", text: "No worker runs it: none that does has told anything for 30 s. Start one." };
    }
    const binding = busy.find(({ binds }) => binds)?.binds;
    const limits = busy.map(({ limit }) => limit).join(", ");
    switch (binding) {
      case "rate":
        return { reason: "rate", text: "Its rate is used up: raise `flowControl.rate`, or `fivefold limit --rate`." };
      case "hosts":
        return { reason: "hosts", text: "Too few hosts of its target are fit: tasks wait until they are." };
      case "limit":
        return {
          reason: "limit",
          text:
            `As many run as the limit allows (${limits}, at most ${useCase.subscribers.find((one) => one.name === subscriber)!.maxInFlight} ` +
            "in a process): what its tasks call takes no more, or the handler is slow. More workers help where the service bears them.",
        };
      case "total":
        return {
          reason: "total",
          text:
            `As many run as may over all processes (${useCase.subscribers.find((one) => one.name === subscriber)!.maxInFlightTotal ?? limits}): ` +
            "raise `flowControl.maxInFlightTotal`, or `fivefold limit --max-in-flight-total`. More workers do not help.",
        };
      case "permits":
        return { reason: "permits", text: "Other use cases have the process's permits: more workers help." };
      case "retry-budget":
        return {
          reason: "retry-budget",
          text:
            "Retries wait: as many fail as `delivery.retry.budget` allows. Once they succeed, the others follow within 30 s; what fails " +
            "them is in `fivefold dev`'s output or the worker's log.",
        };
      case "paused":
        return { reason: "paused", text: "A worker has it paused still; it goes on within 2 s." };
      default:
        break;
    }
    if ((useCase.ordered || useCase.maxInFlightPerKey) && backlog > inFlight) {
      const text = useCase.ordered
        ? "What waits is behind the first task of its key, which runs or waits for another try."
        : `What waits is behind others of its key: \`flowControl.maxInFlightPerKey\` lets ${useCase.maxInFlightPerKey} run at once.`;
      return { reason: "behind-keys", text };
    }
    return { reason: "flowing", text: "Tasks start as they come." };
  }
}

function sayAnswer({ useCase, subscriber, reason, text, backlog, delayed, workers, inFlight }: Answer): void {
  const { bold, dim, green, yellow } = colorsOf(process.stdout);
  const name = subscriber === "default" ? useCase : `${useCase}/${subscriber}`;
  const isWell = reason === "nothing-waits" || reason === "flowing" || reason === "not-due";
  say(`${bold(name)}  ${(isWell ? green : yellow)(text)}`);
  const count = `${workers} worker${workers === 1 ? "" : "s"}`;
  say(
    dim(
      `  ${grouped(backlog)} to do, ${grouped(inFlight)} running in ${count}, ${grouped(delayed)} wait for their time`,
    ),
  );
}

export function seconds(ms: number): string {
  return ms < 120_000 ? `${Math.ceil(ms / 1_000)} s` : `${grouped(Math.round(ms / 60_000))} min`;
}
