import { readFileSync, writeSync } from "node:fs";

/*
 * What was done to one subscription, told from outside: by those who called, never by the transport. Times are on the
 * machine's monotonic clock, which all of its processes share.
 *
 * A record's id says what its place in its key must be: `<producer>/<key>/<number>`, numbered from 0 by each producer of a
 * key, in the order of its publishes.
 */

/**
 * - `publish` and `published`: a producer's call began, and resolved.
 * - `received`: a consumer's `receive` resolved.
 * - `acknowledge` and `acknowledged`: a consumer's call began, and resolved.
 * - `give-back`: a consumer's call of `negativeAcknowledge` began.
 * - `close`: a consumer's call began: it gives back what it holds.
 * - `kill`: somebody was about to end a process with SIGKILL; `who` is the process.
 * - `disturb`: the transport was made to forget who holds what, such as by moving a topic to another broker.
 */
export const KINDS = [
  ...["publish", "published", "acknowledge", "acknowledged", "give-back", "close", "kill", "disturb", "received"],
] as const;

export interface HistoryEvent {
  readonly kind: (typeof KINDS)[number] | string;
  /** In ns. */
  readonly at: number;
  /** `<process>` or `<process>.<producer or consumer>`. */
  readonly who: string;
  /** Of the records that it is about. */
  readonly ids: readonly string[];
}

/** Takes events as they happen. */
export type Tell = (kind: HistoryEvent["kind"], who: string, ids?: readonly string[]) => void;

const now = (): number => Number(process.hrtime.bigint());

/** Collects the events of this process. */
export function tellInto(events: HistoryEvent[]): Tell {
  return (kind, who, ids = []) => {
    events.push({ kind, at: now(), who, ids: [...ids] });
  };
}

/** Writes each event to a file before it returns, so that what a process told outlives its kill. */
export function tellToFile(file: number): Tell {
  return (kind, who, ids = []) => {
    writeSync(file, `${kind} ${now()} ${who} ${ids.join(" ")}\n`);
  };
}

/** Reads what `tellToFile` wrote. A kill may have cut the last line: what was not told whole did not happen. */
export function readHistory(file: string): HistoryEvent[] {
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.slice(0, -1).map((line) => {
    const [kind, at, who, ...ids] = line.split(" ");
    return { kind: kind!, at: Number(at), who: who!, ids: ids.filter((id) => id !== "") };
  });
}

export const idOf = (producer: string, key: string, index: number): string => `${producer}/${key}/${index}`;

/** The parts of an id: what orders it, which key it is of, and its number. */
export function partsOf(id: string): { sequence: string; key: string; index: number } {
  const [producer, key, index] = id.split("/");
  return { sequence: `${producer}/${key}`, key: key!, index: Number(index) };
}
