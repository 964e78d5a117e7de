import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { openEmbedded } from "../../../runtime/adapters/embedded/embedded-ports.ts";
import { createClient } from "../../../runtime/client.ts";
import { connectTo } from "../../../runtime/connection.ts";
import { noteContracts } from "../../runtime/note-contract.ts";

const WORKER = join(import.meta.dirname, "blocking-worker.ts");
/** More for a longer block: FIVEFOLD_BLOCK_MS=10000. */
const BLOCK_MS = Number(process.env.FIVEFOLD_BLOCK_MS ?? 700);

test.each([1, 2])(
  "handlers that block the event loop for long, in %i processes, lose nothing and repeat nothing",
  {
    timeout: 60_000 + 10 * BLOCK_MS,
  },
  async (processes) => {
    const folder = mkdtempSync(join(tmpdir(), "fivefold-blocked-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const [data, journal] = [join(folder, "data"), join(folder, "journal")];
    writeFileSync(journal, "");
    const connection = connectTo(await openEmbedded(data));
    onTestFinished(() => connection.close());
    const workers = Array.from({ length: processes }, () => fork(WORKER, [data, journal, `${BLOCK_MS}`]));
    onTestFinished(async () => {
      for (const worker of workers) worker.kill("SIGKILL");
    });
    await Promise.all(workers.map((worker) => once(worker, "message")));

    const ids: string[] = [];
    for (const name of ["unordered", "in-order"]) {
      const client = createClient(
        noteContracts({ settings: { name, ordered: name === "in-order" }, handlers: { default() {} } }).client,
      );
      const notes = Array.from({ length: 60 }, (_, i) => ({
        id: `${i % 25 === 3 ? "blocks" : "works"}-${name}-${i}`,
        key: `k${i % 7}`,
      }));
      ids.push(...notes.map(({ id }) => id));
      await client.enqueueAll(notes.slice(0, 40));
      // Some are due in the midst of a block.
      await client.enqueueAll(notes.slice(40), { delay: `${Math.round(BLOCK_MS / 2)}ms` });
    }
    const lines = () =>
      readFileSync(journal, "utf8")
        .split("\n")
        .filter((line) => line !== "");
    while (lines().filter((line) => line.startsWith("end ")).length < ids.length) await sleep(50);
    // What would run twice has begun to by then.
    await sleep(300);
    for (const what of ["start", "end"]) {
      const told = lines().filter((line) => line.startsWith(`${what} `));
      expect(told.map((line) => line.split(" ")[1]).sort()).toEqual(ids.toSorted());
    }
    expect(lines().filter((line) => line.startsWith("problem "))).toEqual([]);
    const ended = workers.map((worker) => once(worker, "exit"));
    for (const worker of workers) worker.disconnect();
    expect((await Promise.all(ended)).map(([code]) => code as number)).toEqual(workers.map(() => 0));
  },
);
