import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { endWithThisProcess } from "../../parts/program.ts";

const MAIN = resolve(import.meta.dirname, "../../../cli/main.js");
const PRODUCER = join(import.meta.dirname, "producer.ts");

/** A process from its start to its end. */
export interface Life {
  readonly child: ChildProcess;
  /** Lines that it printed so far. What it wrote before it was killed arrives even after. */
  readonly lines: readonly string[];
  /** Resolves with its exit code; null where a signal ended it. */
  readonly ended: Promise<number | null>;
}

/** A compiled project of crash tests, and where its processes find what they stand on. */
export interface Place {
  readonly project: string;
  readonly env: Readonly<Record<string, string>>;
}

function startLife({ project, env }: Place, args: readonly string[]): Life {
  const child = spawn(process.execPath, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, HANDLED_FILE: handledFile(project), ...env },
  });
  endWithThisProcess(child);
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    let rest = "";
    stream.setEncoding("utf8").on("data", (text: string) => {
      const parts = (rest + text).split("\n");
      rest = parts.pop()!;
      lines.push(...parts);
    });
  }
  return { child, lines, ended: once(child, "close").then(([code]) => code as number | null) };
}

/** Enqueues events whose numbers begin with `first` and whose ids with `name`, with a pause between batches of 8. */
export function startProducer(place: Place, first: number, name: string, pauseMs: number): Life {
  return startLife(place, [PRODUCER, place.project, `${first}`, name, `${pauseMs}`]);
}

/** Runs the project's use cases by `fivefold start`, as a container does. */
export function startExecutor(place: Place, { drain = "20s", connectWithin = "45s" } = {}): Life {
  const options = ["--drain", drain, "--connect-within", connectWithin, "--metrics-port", "0"];
  return startLife(place, [MAIN, "start", "--root", place.project, ...options]);
}

/** Shows the backlogs of the project's use cases by `fivefold backlogs`. */
export function startBacklogs(place: Place): Life {
  return startLife(place, [MAIN, "backlogs", "--root", place.project, "--metrics-port", "0"]);
}

/** Ids that producers were told are stored. */
export function acceptedBy(producers: readonly Life[]): string[] {
  return producers.flatMap(({ lines }) => lines.filter((line) => line.startsWith("+ ")).map((line) => line.slice(2)));
}

/** A try to enqueue that was refused. */
export interface Refusal {
  readonly id: string;
  readonly code: string;
}

export function refusedBy(producers: readonly Life[]): Refusal[] {
  const lines = producers.flatMap((producer) => producer.lines.filter((line) => line.startsWith("! ")));
  return lines.map((line) => {
    const [, id, code] = line.split(" ") as [string, string, string];
    return { id, code };
  });
}

/** One run of a handler to its end. */
export interface Handled {
  readonly id: string;
  readonly enqueuedAtMs: number;
  readonly dueAtMs: number;
  readonly atMs: number;
}

function handledFile(project: string): string {
  return join(project, "handled.txt");
}

/** All runs of handlers so far, in their order. */
export function readHandled(project: string): Handled[] {
  const file = handledFile(project);
  if (!existsSync(file)) return [];
  // A line without its end was being written when its process was killed.
  const lines = readFileSync(file, "utf8").split("\n").slice(0, -1);
  return lines.map((line) => {
    const [id, ...times] = line.split(" ") as [string, ...string[]];
    const [atMs, enqueuedAtMs, dueAtMs] = times.map(Number) as [number, number, number];
    return { id, atMs, enqueuedAtMs, dueAtMs };
  });
}

/** Pairs of which the second was handled for the first time before the first, though it came after it in its key. */
export function outOfOrder(handled: readonly Handled[]): string[] {
  const lastOfKey = new Map<string, number>();
  const wrong: string[] = [];
  for (const id of new Set(handled.map((one) => one.id))) {
    const [key, number] = id.split(":") as [string, string?];
    if (number === undefined) continue;
    const last = lastOfKey.get(key) ?? -1;
    if (Number(number) < last) wrong.push(`${key}: ${last}, ${number}`);
    lastOfKey.set(key, Math.max(last, Number(number)));
  }
  return wrong;
}

/** What was handled before it was due. */
export function handledEarly(handled: readonly Handled[]): Handled[] {
  return handled.filter(({ atMs, dueAtMs }) => atMs < dueAtMs);
}
