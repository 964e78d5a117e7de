import { readFileSync, writeFileSync } from "node:fs";
import { createOpenGate } from "../../../runtime/adapters/embedded/lmdb/open-gate.ts";
import { systemClock } from "../../../runtime/contract/clock.ts";

/*
 * Another process at a gate, for its test: `node gate-process.ts <what> <folder> <counter file>`. Prints a line when it
 * does what it is for.
 */

const [what, folder, counter] = process.argv.slice(2) as [string, string, string];
const gate = await createOpenGate(folder, systemClock, (problem) => console.log(problem.message));

/** What two at a time would do wrong. */
function count(): void {
  writeFileSync(counter, `${Number(readFileSync(counter, "utf8")) + 1}`);
}

const ACTIONS: Record<string, () => Promise<void>> = {
  async open() {
    await gate.open(() => {
      console.log("opening");
      return new Promise(() => setInterval(() => {}, 1_000));
    });
  },
  async change() {
    await gate.open(async () => {});
    gate.change(() => {
      console.log("changing");
      for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000);
    });
  },
  async count() {
    await gate.open(async () => count());
    for (let done = 0; done < 200; ) {
      try {
        gate.change(count);
        done++;
      } catch {
        await gate.untilFree();
      }
      // Openers and asynchronous changes take part.
      if (done % 100 === 50) {
        const other = await createOpenGate(folder, systemClock, () => {});
        await other.open(async () => other.change(count));
        other.close();
        await gate.changeAsync(async () => {});
        done++;
      }
    }
    console.log("counted");
    gate.close();
  },
  async stay() {
    await gate.open(async () => {});
    console.log("open");
    setInterval(() => {}, 1_000);
  },
};

await ACTIONS[what]!();
