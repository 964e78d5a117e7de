/*
 * Encoding, decoding and validating one valid event of 256 bytes, in one process and taking turns: what the compiler
 * writes beside others. Figures are medians of rounds, in nanoseconds an operation.
 */
import { makeEvents } from "./codec/event.ts";
import { createParties, type Party } from "./codec/parties.ts";
import { printFigure } from "./figure.ts";

const EVENTS = 64;
const ROUNDS = 15;
const ROUND_MS = 40;

interface Operation {
  readonly party: string;
  readonly operation: string;
  readonly bytes: number;
  readonly run: (i: number) => unknown;
  readonly nanos: number[];
}

/** What is decoded are views into one buffer, as of a batch of records, or buffers of their own. */
function operationsOf({ name, prepare, encode, decode, validate }: Party): Operation[] {
  const values = makeEvents(EVENTS).map(prepare);
  const operations: Operation[] = [];
  const add = (operation: string, bytes: number, run: (i: number) => unknown) => {
    operations.push({ party: name, operation, bytes, run, nanos: [] });
  };
  if (validate) {
    if (!values.every((value) => validate(value))) throw new Error(`${name} refuses the event`);
    add("validate", 0, (i) => validate(values[i]));
  }
  if (encode && decode) {
    const alone = values.map((value) => Buffer.from(encode(value)));
    const bytes = alone[0]!.length;
    const batch = Buffer.concat(alone);
    const ends = alone.map((_, i) => alone.slice(0, i + 1).reduce((sum, { length }) => sum + length, 0));
    const views = alone.map(({ length }, i) => batch.subarray(ends[i]! - length, ends[i]));
    add("encode", bytes, (i) => encode(values[i]));
    add("decode", bytes, (i) => decode(views[i]!));
    const copies = alone.map((payload) => Buffer.from(Uint8Array.from(payload).buffer));
    add("decode-alone", bytes, (i) => decode(copies[i]!));
  }
  return operations;
}

/** What was made last: results that nobody could see might not be made at all. */
export let last: unknown;

function round({ run, nanos }: Operation, durationMs: number): void {
  const start = performance.now();
  let count = 0;
  let now = start;
  while (now - start < durationMs) {
    for (let i = 0; i < EVENTS; i++) last = run(i);
    count += EVENTS;
    now = performance.now();
  }
  nanos.push(((now - start) * 1e6) / count);
}

const operations = (await createParties()).flatMap(operationsOf);
for (const operation of operations) round(operation, 4 * ROUND_MS);
for (const { nanos } of operations) nanos.length = 0;
for (let n = 0; n < ROUNDS; n++) for (const operation of operations) round(operation, ROUND_MS);
for (const { party, operation, bytes, nanos } of operations) {
  const median = nanos.toSorted((a, b) => a - b)[Math.floor(nanos.length / 2)]!;
  printFigure({ bench: "codec", party, operation, nanoseconds: Math.round(median), ...(bytes > 0 && { bytes }) });
}
