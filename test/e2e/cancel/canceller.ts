/* A process that cancels and reschedules tasks at given times, and tells what it was answered. */
import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "../../../runtime/client.ts";
import { type ConnectOptions, connect } from "../../../runtime/connection.ts";
import { noteContracts } from "../../runtime/note-contract.ts";

/** Wishes for one task, one after another: what `to` is set of is rescheduled, and else cancelled. */
export interface Wish {
  readonly id: string;
  readonly steps: readonly { readonly at: number; readonly to?: number }[];
}

export interface Answered {
  readonly id: string;
  readonly to: number | undefined;
  readonly answer: string;
  readonly from: number;
  readonly until: number;
}

const [options] = process.argv.slice(2) as [string];
await connect(JSON.parse(options) as ConnectOptions);
const client = createClient(noteContracts({ handlers: {} }).client);

process.on("message", async (wishes: readonly Wish[]) => {
  const answers = wishes.map(async ({ id, steps }) => {
    const own: Answered[] = [];
    for (const { at, to } of steps) {
      await sleep(Math.max(0, at - Date.now()));
      const from = Date.now();
      const asked = to === undefined ? client.cancel(id) : client.reschedule(id, { at: new Date(to) });
      const answer = await asked.catch((error: Error) => `rejected: ${error.message}`);
      own.push({ id, to, answer, from, until: Date.now() });
    }
    return own;
  });
  process.send?.((await Promise.all(answers)).flat());
});
process.once("disconnect", () => process.exit(1));
process.send?.("ready");
