import { expect, test } from "vitest";
import { attack } from "../../torture/hostile/attack.ts";

/** The quick ones of all: `npm run torture handlers` has them all. */
const DEADLY = ["exits later", "aborts", "throws in a timer"];

test("a task that ends its process is given up alone, in its key's order, and stops nobody else's", async () => {
  let number = 0;
  const task = (deed: string, key = "") => ({ id: `t-${number++}`, deed, key });
  const batch = {
    hostile: [...DEADLY, "does nothing", "fails at first", "throws: message throws"].map((deed) => task(deed)),
    "hostile-in-order": [
      ...["exits", "does nothing", "takes 5 ms"].map((deed) => task(deed, "a")),
      ...["does nothing", "fails at first"].map((deed) => task(deed, "b")),
    ],
    "hostile-in-batches": ["exits", ...Array(9).fill("does nothing"), "fails at first", "rejects: null"].map((deed) =>
      task(deed),
    ),
    innocent: Array.from({ length: 20 }, (_, i) => task(i % 2 ? "takes 300 ms" : "takes 5 ms")),
  };
  const { did, faults } = await attack({
    ...{ name: "crashing-handlers", workers: 1, batches: [batch], random: Math.random, patienceMs: 40_000 },
  });
  expect(faults).toEqual([]);
  expect(did).toMatchObject({ accepted: number, crashed: DEADLY.length + 2 });
}, 120_000);
