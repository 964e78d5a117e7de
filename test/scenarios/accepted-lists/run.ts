import { deepStrictEqual, equal } from "node:assert/strict";
import { decode, encode } from "./generated/choose-hooks/codec.ts";
import type { HooksChosen } from "./generated/choose-hooks/event.ts";
import { fromJson, toJson } from "./generated/choose-hooks/json.ts";
import { validate } from "./generated/choose-hooks/validate.ts";

const LISTS: HooksChosen = {
  events: ["push", "fork"],
  modes: ["push"],
  codes: [1, "a", "b"],
  times: [new Date(0)],
  names: ["a"],
};

const TUPLES: HooksChosen = {
  events: ["*"],
  modes: ["none", ""],
  codes: ["a", false],
  times: ["start", 1],
  names: [1, "a"],
};

/** A list comes back as the one that it was, from bytes and from JSON; what is wrong in one is told as in that one. */
export default function run(): void {
  for (const event of [LISTS, TUPLES, { ...LISTS, events: [], codes: [0], times: [], names: [] } as HooksChosen]) {
    equal(validate(event), undefined);
    deepStrictEqual(decode(encode(event)), event);
    deepStrictEqual(fromJson(JSON.parse(JSON.stringify(toJson(event)))), event);
  }
  const faulty = { events: ["*", "push"], modes: ["all"], codes: [1, 2], times: ["end"], names: [1] };
  deepStrictEqual(
    validate(faulty)?.map(({ path, rule }) => `${path} ${rule}`),
    [
      "events must be an array of exactly 1 item",
      'modes[0] must be one of "push", "fork", "none"',
      "codes[1] must be a string",
      "times[0] must be a Date in the years 1 to 9999",
      "names must be an array of exactly 2 items",
    ],
  );
}
