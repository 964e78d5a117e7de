import type { IncomingMessage, ServerResponse } from "node:http";
import { type Cancel, type Clock, sleep } from "../contract/clock.ts";
import { discardRest } from "./answer.ts";
import type { Entry } from "./entry.ts";
import { parseJson } from "./formats.ts";
import { createLineCutter } from "./lines.ts";
import { Problem, problemOf } from "./problem.ts";
import type { ProducerRates } from "./producer-rates.ts";
import { slow, tooLarge, truncated } from "./read-body.ts";
import { chunksOf } from "./request-chunks.ts";
import type { RequestHead } from "./request-head.ts";
import type { Room } from "./room.ts";

/** Lines whose answers are under way at most: then no more is read. */
const MOST_OPEN = 1_024;
/** Longest that a stream may stand still: its sender sends nothing, or reads no answers. */
const STANDS_STILL_MS = 60_000;
const ROOM_AGAIN_MS = 20;

export interface StreamOptions {
  readonly entry: Entry;
  readonly head: RequestHead;
  readonly producer: string;
  /** Throws a Problem once the token that began the stream no longer lets it go on. Asked before each line. */
  readonly checkToken: () => void;
  readonly rates: ProducerRates | undefined;
  readonly room: Room;
  readonly clock: Clock;
  /** Calls back once the gateway is to end, until the returned function is called. */
  readonly onDrain: (drain: () => void) => Cancel;
  /** Told of each line's fate; empty: it was accepted. */
  readonly counted: (code: string) => void;
}

/**
 * Takes an event a line, and answers each by a line, in order, while others come: its receipt, or why it was refused, which
 * keeps no other from being stored. The last line tells that the answer is whole. What can't be taken yet, because its sender
 * reads no answers or the store is slow, waits at the sender's.
 */
export async function serveStream(
  request: IncomingMessage,
  response: ServerResponse,
  options: StreamOptions,
): Promise<void> {
  const { entry, head, producer, checkToken, rates, room, clock } = options;
  const chunks = chunksOf(request);
  const cutter = createLineCutter();
  const summary = { accepted: 0, duplicates: 0, refused: 0 };
  /** Of the line that was taken last. */
  let number = 0;
  let open = 0;
  let held = 0;
  let broken: Problem | undefined;
  /** Answers are written in the order of lines. */
  let written = Promise.resolve();
  let wake = () => {};

  function breakOff(problem: Problem): void {
    broken ??= problem;
    // The answers that are under way have their time, too.
    standstill.kick();
    chunks.breakOff();
    wake();
  }

  const standstill = watchStandstill(clock, () => {
    // Nobody reads an answer that would say so.
    if (broken !== undefined || response.writableNeedDrain) response.destroy();
    breakOff(slow("a line, or for answers to be read", STANDS_STILL_MS));
  });
  const stopListening = options.onDrain(() => breakOff(draining()));

  async function write(line: object): Promise<void> {
    if (response.destroyed || response.write(`${JSON.stringify(line)}\n`)) return;
    await writable(response);
    standstill.kick();
  }

  function giveBack(bytes: number): void {
    held -= bytes;
    room.giveBytes(bytes);
  }

  async function enqueue(line: Buffer, at: number): Promise<object> {
    try {
      const own = head.idempotencyKey === "" ? head : { ...head, idempotencyKey: `${head.idempotencyKey} ${at}` };
      const [receipt] = await entry.enqueue([entry.readJson(parseJson(line))], own, producer);
      if (receipt!.duplicate) summary.duplicates++;
      else summary.accepted++;
      options.counted("");
      return receipt!;
    } catch (error) {
      const problem = problemOf(error);
      summary.refused++;
      options.counted(problem.parts.code);
      // What could not store this one can't store the next.
      if (problem.parts.status >= 500) breakOff(problem);
      return { problem };
    }
  }

  function answer(line: number, answered: Promise<object>, bytes: number): void {
    open++;
    written = written.then(async () => {
      await write({ line, ...(await answered) });
      open--;
      giveBack(bytes);
      wake();
    });
  }

  /** Waits for a place and for the producer's turn. */
  async function turn(): Promise<void> {
    while (open >= MOST_OPEN && broken === undefined) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    for (;;) {
      const waitMs = rates?.waitMs(producer, entry.useCase) ?? 0;
      if (waitMs === 0 || broken !== undefined) break;
      await sleep(clock, Math.min(waitMs, STANDS_STILL_MS / 2));
      standstill.kick();
    }
    rates?.owe(producer, entry.useCase, 1);
  }

  async function takeLines(lines: readonly Buffer[], endBytes: number): Promise<void> {
    for (const line of lines) {
      if (line.length > entry.mostBytes) throw tooLarge(`more than ${entry.mostBytes}`, entry.mostBytes);
      const isBlank = line.length === 0 || (line.length === 1 && line[0] === CARRIAGE_RETURN);
      if (!isBlank) await turn();
      if (broken !== undefined) return;
      checkToken();
      number++;
      if (isBlank) giveBack(line.length + endBytes);
      else answer(number, enqueue(line, number), line.length + endBytes);
    }
  }

  async function takeAll(): Promise<void> {
    for (let chunk = await chunks.next(); chunk; chunk = await chunks.next()) {
      standstill.kick();
      while (!room.tryTakeBytes(chunk.length) && broken === undefined) await sleep(clock, ROOM_AGAIN_MS);
      if (broken !== undefined) return;
      held += chunk.length;
      await takeLines(cutter.cut(chunk), 1);
      if (cutter.waiting > entry.mostBytes) throw tooLarge(`more than ${entry.mostBytes}`, entry.mostBytes);
    }
    const rest = broken === undefined ? cutter.rest() : undefined;
    if (rest) await takeLines([rest], 0);
  }

  response.writeHead(200, { "content-type": "application/x-ndjson", "cache-control": "no-store" });
  response.flushHeaders();
  try {
    await takeAll();
  } catch (error) {
    broken ??= error instanceof Problem ? error : truncated();
  }
  await written;
  stopListening();
  room.giveBytes(held);
  if (broken === undefined) await write({ done: true, ...summary });
  else await write({ done: false, ...summary, next: number + 1, problem: broken });
  standstill.stop();
  const isRead = request.complete || (await discardRest(request, clock));
  response.end();
  if (!isRead) request.socket.destroySoon();
}

const CARRIAGE_RETURN = 0x0d;

/** Resolves once it takes more, or is gone. */
function writable(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off("drain", done).off("close", done);
      resolve();
    };
    response.on("drain", done).on("close", done);
  });
}

/** Calls `still` where nothing was told of for that long, and again after as long. */
function watchStandstill(clock: Clock, still: () => void): { kick(): void; stop(): void } {
  let cancel: Cancel = () => {};
  function kick(): void {
    cancel();
    cancel = clock.after(
      STANDS_STILL_MS,
      () => {
        kick();
        still();
      },
      { background: true },
    );
  }
  kick();
  return { kick, stop: () => cancel() };
}

function draining(): Problem {
  return new Problem({
    status: 503,
    code: "draining",
    detail: "The gateway is about to end. Events before line `next` are answered; those from there on were not read.",
    fix: "Send the rest again, on a new connection.",
    retryAfterS: 1,
  });
}
