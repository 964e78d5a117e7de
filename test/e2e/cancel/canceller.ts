/* A process that cancels tasks at given times, and tells what it was answered. */
import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "../../../runtime/client.ts";
import { type ConnectOptions, connect } from "../../../runtime/connection.ts";
import { noteContracts } from "../../runtime/note-contract.ts";

export interface Wish {
  readonly id: string;
  readonly at: number;
}

export interface Answered {
  readonly id: string;
  readonly answer: string;
  readonly from: number;
  readonly until: number;
}

const [options] = process.argv.slice(2) as [string];
await connect(JSON.parse(options) as ConnectOptions);
const client = createClient(noteContracts({ handlers: {} }).client);

process.on("message", async (wishes: readonly Wish[]) => {
  const answers = wishes.map(async ({ id, at }): Promise<Answered> => {
    await sleep(Math.max(0, at - Date.now()));
    const from = Date.now();
    const answer = await client.cancel(id).catch((error: Error) => `rejected: ${error.message}`);
    return { id, answer, from, until: Date.now() };
  });
  process.send?.(await Promise.all(answers));
});
process.once("disconnect", () => process.exit(1));
process.send?.("ready");
