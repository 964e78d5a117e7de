import { postLedgerEntry } from "../../../generated/post-ledger-entry/client.ts";
import type { ForeignQueue } from "../../../runtime/bridges/foreign-queue.ts";
import { openBullmqQueue, startBridge } from "../../../runtime/bridges.ts";
import { connect } from "../../../runtime/connection.ts";

/*
 * A bridge that ends itself by SIGKILL before or after the n-th of its steps, or once its queue is empty where n is 0:
 * bridge-process.ts <data folder> <n> <system> <url> <queue> <lock in ms>
 */
const [data = "", killAt = "0", , url = "", queue = "", lockMs = "0"] = process.argv.slice(2);

let steps = 0;
function step(): void {
  if (++steps === Number(killAt)) process.kill(process.pid, "SIGKILL");
}

const connection = await connect({ data });
const real = await openBullmqQueue({ url, queue, lockMs: Number(lockMs) });
const { publisher } = connection;
const publish = publisher.publish;
Object.assign(publisher, {
  publish: async (...args: Parameters<typeof publish>) => {
    step();
    await publish(...args);
    step();
  },
});

const stepped = async <T>(work: Promise<T>): Promise<T> => {
  const result = await work;
  step();
  return result;
};
const from: ForeignQueue = {
  ...real,
  async receive() {
    // Few at once, so that many steps are between.
    const messages = await real.receive(10, 200);
    if (messages.length === 0) return messages;
    step();
    return messages;
  },
  acknowledge: (messages) => stepped(real.acknowledge(messages)),
  setAside: (message, reason) => stepped(real.setAside(message, reason)),
};
const bridge = startBridge({ from, client: postLedgerEntry, reportProblem: () => {} });
// What killed processes held comes again once its locks are over.
for (let left = 1; left > 0; await new Promise((resolve) => setTimeout(resolve, 200))) {
  const { waiting, held, delayed } = await real.counts();
  left = waiting + held + delayed;
}
await bridge.stop();
await real.close();
await connection.close();
