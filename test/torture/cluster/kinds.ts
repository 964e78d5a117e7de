import { appendFileSync } from "node:fs";
import type { SubscriberSettings, TaskContext, UseCaseSettings } from "../../../runtime/contract.ts";
import { type Note, noteContracts } from "../../runtime/note-contract.ts";

/** A use case of its kind, and what its handlers do. */
interface Kind {
  readonly settings?: Partial<UseCaseSettings>;
  readonly subscriber?: Partial<SubscriberSettings>;
  readonly subscribers?: readonly string[];
  /** Whether this try fails. */
  readonly fails?: (number: number, attempt: number) => boolean;
  readonly delay?: "1s";
}

const SOON = { minMs: 50, maxMs: 400 };
const isGivenUp = (number: number) => number % 7 === 0;

export const KINDS: Readonly<Record<string, Kind>> = {
  plain: {},
  retried: {
    subscriber: { maxRetries: 5, backoff: SOON },
    fails: (number, attempt) => number % 3 === 0 && attempt < 3,
  },
  ordered: {
    settings: { ordered: true },
    subscriber: { backoff: SOON },
    fails: (n, attempt) => n % 11 === 0 && attempt < 2,
  },
  delayed: { delay: "1s" },
  deduplicated: { settings: { dedupeForMs: 86_400_000 } },
  dead: { subscriber: { maxRetries: 1, backoff: SOON }, fails: isGivenUp },
  "two-subscribers": { subscribers: ["one", "two"] },
  high: { settings: { priority: "high" } },
  low: { settings: { priority: "low" } },
};

/** A note's id is `<producer>:<key>:<number>`. */
export const numberOf = (id: string): number => Number(id.split(":")[2]);
export const subscribersOf = (kind: string): readonly string[] => KINDS[kind]!.subscribers ?? ["default"];
/** Whether a task of that kind becomes a dead letter, as its handler never takes it. */
export const becomesDead = (kind: string, id: string): boolean => kind === "dead" && isGivenUp(numberOf(id));

/** Client and executor of a kind, whose handlers tell what they did to a file before they return. */
export function contractsOf(kind: string, file: string) {
  const { settings, subscriber = {}, fails } = KINDS[kind]!;
  const handler = ({ id }: Note, task: TaskContext) => {
    if (fails?.(numberOf(id), task.attempt)) throw new Error("It fails, as it is to.");
    appendFileSync(file, `handled ${kind} ${task.subscriber} ${id} ${task.id} ${Date.now()} ${task.dueAt.getTime()}\n`);
  };
  const names = subscribersOf(kind);
  return noteContracts({
    settings: { ...settings, name: kind },
    subscribers: Object.fromEntries(names.map((name) => [name, subscriber])),
    handlers: Object.fromEntries(names.map((name) => [name, handler])),
  });
}
