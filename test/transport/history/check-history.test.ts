import { describe, expect, test } from "vitest";
import { checkHistory } from "./check-history.ts";
import type { HistoryEvent } from "./history.ts";

/** Events in this order, written `<kind> <who> <id> …`. */
function history(...lines: string[]): HistoryEvent[] {
  return lines.map((line, at) => {
    const [kind, who, ...ids] = line.split(" ");
    return { kind: kind!, at, who: who!, ids };
  });
}

const PUBLISHED = ["publish 0.p p/k/0 p/k/1 p/l/0", "published 0.p p/k/0 p/k/1 p/l/0"];
const ALL = "p/k/0 p/k/1 p/l/0";
const whole = [...PUBLISHED, `received 0.a ${ALL}`, `acknowledge 0.a ${ALL}`, `acknowledged 0.a ${ALL}`];

const faultsOf = (...lines: string[]) => checkHistory(history(...lines), { ordered: true });

describe("the history checker", () => {
  test("accepts what is right", () => {
    expect(faultsOf(...whole)).toEqual([]);
    const twoKeys = ["received 0.a p/k/0", "received 1.b p/l/0", "acknowledge 0.a p/k/0", "received 1.b p/k/1"];
    expect(faultsOf(...PUBLISHED, ...twoKeys, "acknowledge 1.b p/k/1 p/l/0")).toEqual([]);
  });

  test.each([
    ["a record that never came", [...PUBLISHED, "received 0.a p/k/0 p/k/1", "acknowledge 0.a p/k/0 p/k/1"], "1 of 3"],
    [
      "one that was left with its consumer",
      [...PUBLISHED, `received 0.a ${ALL}`, "acknowledge 0.a p/k/0 p/k/1"],
      "0 of",
    ],
    ["one that came twice", [...whole, "received 0.b p/l/0", "acknowledge 0.b p/l/0"], "for no reason"],
    [
      "one that two hold",
      [...PUBLISHED, `received 0.a ${ALL}`, "received 0.b p/k/0", `acknowledge 0.a ${ALL}`],
      "while",
    ],
    [
      "a key that two hold",
      [...PUBLISHED, "received 0.a p/k/0 p/l/0", "received 0.b p/k/1", `acknowledge 0.a ${ALL}`],
      "another of its key",
    ],
    [
      "a later record first",
      [...PUBLISHED, "received 0.a p/k/1", "received 0.a p/k/0 p/l/0", `acknowledge 0.a ${ALL}`],
      "before p/k/0 was settled",
    ],
    [
      "a later record first after a close",
      [...PUBLISHED, `received 0.a ${ALL}`, "close 0.a", "received 0.b p/k/1 p/k/0 p/l/0", `acknowledge 0.b ${ALL}`],
      "before p/k/0 was settled",
    ],
  ])("finds %s", (_, lines, fault) => {
    const faults = faultsOf(...lines);
    expect(faults.length).toBeGreaterThan(0);
    expect(faults.join("\n")).toContain(fault);
  });

  test("lets come again what was given back, what a process held that was killed, and what it had not stored", () => {
    const again = [`received 1.b ${ALL}`, `acknowledge 1.b ${ALL}`];
    expect(faultsOf(...PUBLISHED, `received 0.a ${ALL}`, `give-back 0.a ${ALL}`, ...again)).toEqual([]);
    expect(faultsOf(...PUBLISHED, `received 0.a ${ALL}`, "kill 0", ...again)).toEqual([]);
    expect(faultsOf(...PUBLISHED, `received 0.a ${ALL}`, `acknowledge 0.a ${ALL}`, "kill 0", ...again)).toEqual([]);
    expect(faultsOf(...whole, "kill 0", ...again).length).toBeGreaterThan(0);
    expect(faultsOf(...whole, "disturb x", ...again)).toEqual([]);
  });

  test("does not miss a record whose publish was cut off", () => {
    expect(faultsOf("publish 0.p p/k/0 p/k/1", "kill 0", "received 1.b p/k/1", "acknowledge 1.b p/k/1")).toEqual([]);
  });
});
