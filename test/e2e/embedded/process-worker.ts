import { openEmbeddedTransport } from "../../../runtime/adapters/embedded/embedded.ts";
import { systemClock } from "../../../runtime/contract/clock.ts";
import { records } from "../../transport/records.ts";

/*
 * Another process, for tests of several: `node process-worker.ts <what> <folder>`. Prints what it did; topic `t` with
 * subscription `s` is declared already.
 */

const [what, folder] = process.argv.slice(2) as [string, string];
const open = () => openEmbeddedTransport({ folder, clock: systemClock });

const ACTIONS: Record<string, () => Promise<void>> = {
  /** Receives some records and keeps them, alive. */
  async hold() {
    const consumer = await (await open()).subscribe("t", "s", "shared");
    const messages = await consumer.receive(5);
    console.log(messages.map(({ id }) => id).join(" "));
    await consumer.receive(1);
  },
  /** Publishes, and just ends: without closing anything. */
  async publish() {
    await (await (await open()).producer("t")).publish(records(3, "published-"));
    console.log("published");
  },
  /** Waits for a record, then closes. */
  async receive() {
    const transport = await open();
    const consumer = await transport.subscribe("t", "s", "shared");
    console.log("waiting");
    const messages = await consumer.receive(1);
    console.log(messages.map(({ id }) => id).join(" "));
    await consumer.acknowledge(messages);
    await transport.close();
  },
  /** Opens and closes until it is ended. */
  async reopen() {
    for (let count = 0; ; count++) {
      await (await open()).close();
      if (count === 0) console.log("reopening");
    }
  },
};

await ACTIONS[what]!();
