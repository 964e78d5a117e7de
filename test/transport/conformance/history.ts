import { describe, expect, test } from "vitest";
import { runHistory } from "../history/run-history.ts";
import { drawSetting, type Setting } from "../history/setting.ts";
import type { Subject } from "./subject.ts";

const RECORDS = 800;
/** How long a call may take that only has to be awaited: a broker's answer, a process that starts on a busy machine. */
const PATIENCE_MS = 4_000;

export function describeHistory({ open, elsewhere }: Subject): void {
  /** Plays drawn settings, changed where a test is about something. */
  async function play(seeds: readonly number[], several: boolean, change: Partial<Setting>): Promise<string[]> {
    const transport = await open();
    const faults: string[] = [];
    for (const seed of seeds) {
      const drawn = drawSetting(seed, { records: RECORDS, several }, transport.capabilities);
      faults.push(
        ...(await runHistory({ transport, elsewhere: elsewhere(), patienceMs: PATIENCE_MS }, { ...drawn, ...change })),
      );
    }
    return faults;
  }

  describe("all records come, in order, once", () => {
    for (const type of ["shared", "key-shared"] as const) {
      test.each([1, 2, 4, 8])(`${type}, to %i consumers`, async (consumers) => {
        expect(await play([consumers, 10 + consumers], false, { type, consumers })).toEqual([]);
      });
    }

    test("one or two records at a time, for two consumers that share keys", async () => {
      const change = { type: "key-shared", consumers: 2, receiveMax: 2, publishMax: 6, handleMs: 3, keys: 5 } as const;
      expect(await play([21], false, change)).toEqual([]);
    });

    for (const type of ["shared", "key-shared"] as const) {
      test(`${type}, in several processes, some of them killed`, async ({ skip }) => {
        await open();
        skip(!elsewhere(), "one process only");
        const change = { type, processes: 2, consumers: 4, publishEveryMs: 1, publishMax: 6, records: RECORDS };
        expect(await play([31], true, { ...change, kills: 0 })).toEqual([]);
        expect(await play([32], true, { ...change, kills: 2 })).toEqual([]);
      });
    }
  });
}
