/*
 * Handlers that return, throw and reject with anything, that end their process in every way, compute for ever or never
 * end, beside innocent ones, in workers that are killed from outside meanwhile.
 */

import { randomNumbers } from "../../random-numbers.ts";
import { attack } from "../hostile/attack.ts";
import { DEADLY_NAMES, HARMLESS, type Task } from "../hostile/behave.ts";
import type { Scenario } from "../scenario.ts";

const BATCH = 2_000;
/** One of so many tasks ends its process. */
const DEADLY_EVERY = 4_000;

/** Deeds that take long, so that a million tasks are mostly of the others. */
const SLOW = new Set(["takes 300 ms", "never ends", "computes for 20 ms", "returns: then never calls"]);

const scenario: Scenario = {
  async run({ seed, until }) {
    const random = randomNumbers(seed);
    const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
    const quick = HARMLESS.filter((name) => !SLOW.has(name));
    let number = 0;
    const draw = (deadly: boolean): Task => {
      number++;
      const isDeadly = deadly && random() < 1 / DEADLY_EVERY;
      const deed = isDeadly
        ? pick(DEADLY_NAMES)
        : random() < 0.002
          ? pick([...SLOW])
          : random() < 0.05
            ? pick(quick)
            : "does nothing";
      return { id: `t-${number}`, deed, key: `k${Math.floor(random() * 1_000)}` };
    };
    const innocent = (): Task => ({ ...draw(false), deed: random() < 0.01 ? "takes 300 ms" : "takes 5 ms" });
    /** What a handler returns means something else of a batch: test/runtime/execution/batches.test.ts tries that. */
    const isThrown = ({ deed }: Task): boolean => !deed.startsWith("returns: ");
    function* batches() {
      while (performance.now() < until) {
        yield {
          hostile: Array.from({ length: BATCH }, () => draw(true)),
          "hostile-in-order": Array.from({ length: BATCH }, () => draw(true)),
          "hostile-in-batches": Array.from({ length: BATCH }, () => draw(true)).filter(isThrown),
          innocent: Array.from({ length: BATCH / 10 }, innocent),
        };
      }
    }
    return attack({
      ...{ name: `handlers-${process.pid}`, workers: 2, batches: batches(), random },
      ...{ killEveryMs: 20_000, patienceMs: 120_000 },
    });
  },
};

export default scenario;
