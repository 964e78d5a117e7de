import { deepStrictEqual, equal } from "node:assert/strict";
import { decode, encode } from "./generated/plan-route/codec.ts";
import type { RoutePlanned } from "./generated/plan-route/event.ts";
import { validate } from "./generated/plan-route/validate.ts";

const ROUTE: RoutePlanned = {
  from: [0, 7.1],
  via: [
    [50, 7, null],
    [50, 7, 0],
  ],
  steps: [["go", [1, 2, 3]], ["wait", 0], ["stop"]],
  box: [0, 0, 1, 1],
  names: ["A1"],
  tolls: { a: [100, "EUR"] },
  version: [1, 0, undefined, "x"],
  marks: [],
};

/** Tuples come back with as many elements as they had; elements that are missing or too many are refused. */
export default function run(): void {
  const routes: RoutePlanned[] = [ROUTE, { ...ROUTE, to: null, version: [0, 0] }, { ...ROUTE, to: [1, 2], version: [1, 2, ""] }];
  for (const route of routes) {
    equal(validate(route), undefined);
    deepStrictEqual(decode(encode(route)), route);
  }
  const faulty = {
    ...ROUTE,
    from: [1],
    via: [[1, "2", 3]],
    steps: [["go", 1], ["run"], ["stop", 1]],
    box: [1, 2, 3],
    names: [],
    version: [1, 2, "", "a", 5],
    marks: [0],
  };
  deepStrictEqual(
    validate(faulty)?.map(({ path, rule }) => `${path} ${rule}`),
    [
      "from must be an array of 2 to 3 items",
      "via[0][1] must be a finite number",
      "steps[0][1] must be an array of 2 to 3 items",
      'steps[1][0] must be one of "go", "wait", "stop"',
      "steps[2] must be an array of exactly 1 item",
      "box must be an array of exactly 4 items",
      "names must be an array of at least 1 item",
      "version[4] must be a string",
      "marks must be an array of at most 0 items",
    ],
  );
}
