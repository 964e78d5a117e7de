import { deepStrictEqual, equal } from "node:assert/strict";
import { decode, encode } from "./generated/report-state/codec.ts";
import type { StateReported } from "./generated/report-state/event.ts";
import { validate } from "./generated/report-state/validate.ts";

const STATE: StateReported = {
  kind: "door",
  schema: 2,
  status: 404,
  formerStatus: null,
  offset: 1.5,
  level: 11,
  least: 0,
  levels: [10, 0, 11],
  signal: "on",
  locked: false,
  active: true,
  deleted: false,
  answers: { a: false, b: 1, c: "maybe" },
  flags: [true, true],
};

/** Literals of all kinds come back as they were; their neighbours are refused. */
export default function run(): void {
  const other: StateReported = { ...STATE, formerStatus: 200, offset: -1, signal: 0, locked: "unknown", archived: true };
  for (const state of [STATE, other]) {
    equal(validate(state), undefined);
    deepStrictEqual(decode(encode(state)), state);
  }
  const faulty = { ...STATE, kind: "gate", schema: 3, status: "404", level: 1, active: false, flags: [false] };
  deepStrictEqual(
    validate(faulty)?.map(({ path, rule, found }) => `${path} ${rule}: ${found}`),
    [
      'kind must be one of "door": string "gate"',
      "schema must be one of 2: number 3",
      'status must be one of 200, 404, 500: string "404"',
      "level must be one of 0, 10, 11: number 1",
      "active must be true: boolean false",
      "flags[0] must be true: boolean false",
    ],
  );
}
