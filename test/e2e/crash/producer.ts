/*
 * A producer of the crash tests: enqueues by a compiled project's generated clients until it is killed, or asked to
 * end. It prints `+ <id>` for what is accepted, and `! <id> <code>` for a try that was refused and comes again.
 */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Client, FivefoldError } from "fivefold/runtime";
import type { Survived } from "./usecases/survive.ts";
import type { SurvivedInOrder } from "./usecases/survive-in-order.ts";
import type { SurvivedUntilDue } from "./usecases/survive-until-due.ts";

const [project, first, name, pauseMs] = process.argv.slice(2) as [string, string, string, string];
const AGAIN_MS = 200;

const clientsOf = (useCase: string) => import(join(project, "generated", useCase, "client.ts"));
const { survive } = (await clientsOf("survive")) as { survive: Client<Survived> };
const { surviveInOrder } = (await clientsOf("survive-in-order")) as { surviveInOrder: Client<SurvivedInOrder> };
const { surviveUntilDue } = (await clientsOf("survive-until-due")) as { surviveUntilDue: Client<SurvivedUntilDue> };

function print(lines: readonly string[]): void {
  process.stdout.write(`${lines.join("\n")}\n`);
}

/** As a service does that must not lose its events: tries until they are accepted. */
async function insist(ids: readonly string[], enqueue: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await enqueue();
      return print(ids.map((id) => `+ ${id}`));
    } catch (error) {
      if (!(error instanceof FivefoldError)) throw error;
      print(ids.map((id) => `! ${id} ${error.code}`));
      await sleep(AGAIN_MS);
    }
  }
}

let ending = false;
process.once("SIGTERM", () => {
  ending = true;
});

let next = Number(first);
while (!ending) {
  const calls: Promise<void>[] = [];
  for (let i = 0; i < 5; i++) {
    const number = next++;
    const options = number % 3 === 0 ? { delay: "100ms" as const } : {};
    const event = { id: `${name}-${number}`, failures: number % 4 === 1 ? 1 : 0 };
    calls.push(insist([event.id], () => survive.enqueue(event, options)));
  }
  const key = `${name}-k${next % 4}`;
  const both = [next++, next++].map((number) => ({ key, number }));
  calls.push(
    insist(
      both.map(({ number }) => `${key}:${number}`),
      () => surviveInOrder.enqueueAll(both),
    ),
  );
  const dueAtMs = Date.now() + 500 + (next % 16) * 500;
  const due = { id: `${name}-d${next++}`, dueAtMs };
  // Twice, as a caller does who has missed the first answer.
  const enqueueDue = () => surviveUntilDue.enqueue(due, { at: new Date(dueAtMs) });
  calls.push(insist([due.id], async () => [await enqueueDue(), await enqueueDue()]));
  await Promise.all(calls);
  await sleep(Number(pauseMs));
}
process.exit(0);
