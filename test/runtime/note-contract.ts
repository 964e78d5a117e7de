import type { Filter, Handler } from "../../runtime/authoring/handler.ts";
import type {
  ClientContract,
  ExecutorContract,
  SubscriberFunctions,
  SubscriberSettings,
  TaskContext,
  UseCaseSettings,
} from "../../runtime/contract/contract.ts";

/** An event for tests of the layers, on a codec that a reader of a failing test can read. */
export interface Note {
  id: string;
  key?: string;
  tenant?: string;
}

const SUBSCRIBER: SubscriberSettings = {
  name: "default",
  maxRetries: 3,
  backoff: { minMs: 1_000, maxMs: 60_000 },
  deadlineMs: 0,
  timeoutMs: 30_000,
  maxInFlight: 8,
  rate: null,
  hasFilter: false,
};

const SETTINGS: UseCaseSettings = {
  name: "note",
  owner: "team-tests",
  version: 1,
  priority: "normal",
  dedupeForMs: 0,
  maxDelayMs: 30 * 86_400_000,
  maxPayloadBytes: 10_000,
  ordered: false,
  fair: false,
  subscribers: [SUBSCRIBER],
};

export interface NoteOptions {
  readonly settings?: Partial<UseCaseSettings>;
  /** What each subscriber differs in from the default. Default: one, named `default`. */
  readonly subscribers?: Readonly<Record<string, Partial<SubscriberSettings>>>;
  readonly handlers?: Readonly<Record<string, Handler<Note>>>;
  /** In place of a handler, where `batch` is set. */
  readonly batchHandlers?: Readonly<
    Record<string, (events: readonly Note[], tasks: readonly TaskContext[]) => unknown>
  >;
  readonly filters?: Readonly<Record<string, Filter<Note>>>;
}

/** Client and executor of a use case on notes. */
export function noteContracts({
  settings,
  subscribers = { default: {} },
  handlers = {},
  batchHandlers = {},
  filters = {},
}: NoteOptions): {
  client: ClientContract<Note>;
  executor: ExecutorContract<unknown>;
} {
  const merged: UseCaseSettings = {
    ...SETTINGS,
    ...settings,
    subscribers: Object.entries(subscribers).map(([name, differs]) => ({ ...SUBSCRIBER, name, ...differs })),
  };
  const functions = Object.fromEntries(
    Object.keys(subscribers).map((name) => [
      name,
      {
        handler: handlers[name] as Handler<unknown> | undefined,
        batchHandler: batchHandlers[name] as SubscriberFunctions<unknown>["batchHandler"],
        filter: filters[name] as Filter<unknown> | undefined,
      },
    ]),
  );
  return {
    client: {
      settings: merged,
      validate: (value) =>
        typeof (value as Note)?.id === "string"
          ? undefined
          : [{ path: "id", rule: "must be a string", found: typeof (value as Note)?.id }],
      encode: (note) => Buffer.from(JSON.stringify(note)),
      fromJson: (value) => value as Note,
      dedupeBy: (note) => note.id,
      orderBy: (note) => note.key ?? "",
      fairBy: (note) => note.tenant ?? "",
    },
    executor: {
      settings: merged,
      decode: (payload) => JSON.parse(Buffer.from(payload).toString()) as Note,
      subscribers: functions,
    },
  };
}
