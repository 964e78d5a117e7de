import { openSync } from "node:fs";
import { openEmbeddedTransport } from "../../../runtime/adapters/embedded/embedded.ts";
import { sleep, systemClock } from "../../../runtime/contract/clock.ts";

/*
 * A process that takes what it can get of topic `t`, in bad surroundings: `node watcher.ts <folder> <ms> [descriptors]`.
 * Prints `watching`, and at the end a line of JSON: what it got, how long its event loop stood still, what it said.
 */

const [folder, ms, trouble] = process.argv.slice(2) as [string, string, string?];
const problems: string[] = [];
const transport = await openEmbeddedTransport({
  folder,
  clock: systemClock,
  reportProblem: (problem) => problems.push(problem.message),
});
const consumer = await transport.subscribe("t", "s", "shared");
if (trouble === "descriptors") {
  try {
    for (;;) openSync("/dev/null", "r");
  } catch {
    // None is left.
  }
}
console.log("watching");

let blockedMs = 0;
let last = performance.now();
setInterval(() => {
  blockedMs = Math.max(blockedMs, performance.now() - last);
  last = performance.now();
}, 10).unref();

const got: string[] = [];
const until = performance.now() + Number(ms);
const takeIn = async () => {
  while (performance.now() < until) {
    const messages = await consumer.receive(10);
    got.push(...messages.map(({ id }) => id));
    await consumer.acknowledge(messages);
  }
};
takeIn().catch((error: Error) => problems.push(error.message));
await sleep(systemClock, Number(ms));
console.log(JSON.stringify({ got, blockedMs: Math.round(blockedMs), problems }));
process.exit(0);
