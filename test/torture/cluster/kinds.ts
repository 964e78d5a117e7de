import { setTimeout as sleep } from "node:timers/promises";
import { RejectError } from "../../../runtime/authoring/outcome.ts";
import {
  type FailureReason,
  type SubscriberSettings,
  type TaskContext,
  topicOf,
  type UseCaseSettings,
} from "../../../runtime/contract/contract.ts";
import { type Note, noteContracts } from "../../runtime/note-contract.ts";

/** A use case of its kind, and what its handlers do. */
interface Kind {
  readonly settings?: Partial<UseCaseSettings>;
  readonly subscriber?: Partial<SubscriberSettings>;
  readonly subscribers?: readonly string[];
  /** Whether this try fails. */
  readonly fails?: (number: number, attempt: number) => boolean;
  /** Whether its handler asks for a dead letter. */
  readonly rejects?: (number: number) => boolean;
  readonly delay?: "1s";
  /** Whether what runs waits in the delay store, always or at times. */
  readonly waits?: boolean;
}

const SOON = { minMs: 50, maxMs: 400 };
const isGivenUp = (number: number) => number % 7 === 0;
const isRejected = (number: number) => number % 7 === 3;
/** A handler that takes no time would leave nothing to overlap. */
const HANDLING_MS = 2;

export const KINDS: Readonly<Record<string, Kind>> = {
  plain: {},
  retried: {
    subscriber: { maxRetries: 5, backoff: SOON },
    fails: (number, attempt) => number % 3 === 0 && attempt < 3,
    waits: true,
  },
  ordered: {
    settings: { ordered: true },
    subscriber: { backoff: SOON },
    fails: (n, attempt) => n % 11 === 0 && attempt < 2,
  },
  delayed: { delay: "1s", waits: true },
  deduplicated: { settings: { dedupeForMs: 86_400_000 } },
  dead: { subscriber: { maxRetries: 1, backoff: SOON }, fails: isGivenUp, rejects: isRejected, waits: true },
  "two-subscribers": { subscribers: ["one", "two"] },
  high: { settings: { priority: "high" } },
  low: { settings: { priority: "low" } },
};

/** A note's id is `<producer>:<key>:<number>`. */
export const numberOf = (id: string): number => Number(id.slice(id.lastIndexOf(":") + 1));
export const subscribersOf = (kind: string): readonly string[] => KINDS[kind]!.subscribers ?? ["default"];
export const topicOfKind = (kind: string): string => topicOf(kind, KINDS[kind]!.settings?.priority ?? "normal");
export const placeOf = (kind: string, subscriber: string): string => `${kind}/${subscriber}`;
export const PLACES: readonly { readonly kind: string; readonly subscriber: string }[] = Object.keys(KINDS).flatMap(
  (kind) => subscribersOf(kind).map((subscriber) => ({ kind, subscriber })),
);

/** Why a task of that kind becomes a dead letter; undefined: its handler takes it. */
export function deathOf(kind: string, id: string): FailureReason | undefined {
  if (kind !== "dead") return undefined;
  if (isGivenUp(numberOf(id))) return "attempts";
  return isRejected(numberOf(id)) ? "rejected" : undefined;
}

/** Monotonic µs, on the clock that all processes of a machine share. */
export const nowMicros = (): number => Number(process.hrtime.bigint() / 1_000n);
/** The machine's time, also where a process is made to believe in another one. */
const machineNow = Date.now;

/** Client and executor of a kind, whose handlers tell what they did before they return. */
export function contractsOf(kind: string, tell: (line: string) => void) {
  const { settings, subscriber = {}, fails, rejects } = KINDS[kind]!;
  const handler = async ({ id }: Note, task: TaskContext) => {
    const from = nowMicros();
    const earlyMs = task.dueAt.getTime() - machineNow();
    if (rejects?.(numberOf(id))) throw new RejectError("It asks for it.");
    if (fails?.(numberOf(id), task.attempt)) throw new Error("It fails, as it is to.");
    if (kind === "ordered") await sleep(HANDLING_MS);
    const enqueuedAt = Math.round(from - (machineNow() - task.enqueuedAt.getTime()) * 1_000);
    tell(`handled ${kind} ${task.subscriber} ${id} ${task.id} ${enqueuedAt} ${from} ${nowMicros()} ${earlyMs}`);
  };
  const names = subscribersOf(kind);
  return noteContracts({
    settings: { ...settings, name: kind },
    subscribers: Object.fromEntries(names.map((name) => [name, subscriber])),
    handlers: Object.fromEntries(names.map((name) => [name, handler])),
  });
}
