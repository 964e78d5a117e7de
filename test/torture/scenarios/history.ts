import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openEmbeddedTransport } from "../../../runtime/adapters/embedded/embedded.ts";
import { systemClock } from "../../../runtime/contract/clock.ts";
import { runHistory } from "../../transport/history/run-history.ts";
import { drawSetting } from "../../transport/history/setting.ts";
import type { Scenario } from "../scenario.ts";

/** Most of one setting. */
const RECORDS = 100_000;
const PATIENCE_MS = 10_000;
const ELSEWHERE = join(import.meta.dirname, "..", "..", "transport", "embedded-elsewhere.ts");

/** Any number of consumers and processes on the embedded store, a new folder and a new setting each time. */
const scenario: Scenario = {
  async run({ seed, until }) {
    const faults: string[] = [];
    const did = { settings: 0, records: 0, severalProcesses: 0, kills: 0 };
    for (let next = seed; performance.now() < until; next++) {
      const folder = await mkdtemp(join(tmpdir(), "fivefold-torture-"));
      const transport = await openEmbeddedTransport({ folder, clock: systemClock });
      const setting = drawSetting(next, { records: RECORDS, several: true }, transport.capabilities);
      const elsewhere = { module: ELSEWHERE, argument: folder };
      faults.push(...(await runHistory({ transport, elsewhere, patienceMs: PATIENCE_MS }, setting)));
      await transport.close();
      await rm(folder, { recursive: true });
      did.settings += 1;
      did.records += setting.records;
      did.kills += setting.kills;
      if (setting.processes > 0) did.severalProcesses += 1;
    }
    return { did, faults };
  },
};

export default scenario;
