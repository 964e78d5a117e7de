/* A process of the crash test, on a compiled project: `produce` or `work`, until it is killed. */
import { join } from "node:path";
import { type Client, connect, type Executor, startWorker } from "fivefold/runtime";
import type { Survived } from "./usecases/survive.ts";
import type { SurvivedInOrder } from "./usecases/survive-in-order.ts";

const [role, project, first = "0"] = process.argv.slice(2) as [string, string, string?];
const connection = await connect({ data: join(project, "data") });

async function produce(): Promise<never> {
  const { survive } = (await import(join(project, "generated/survive/client.ts"))) as { survive: Client<Survived> };
  const { surviveInOrder } = (await import(join(project, "generated/survive-in-order/client.ts"))) as {
    surviveInOrder: Client<SurvivedInOrder>;
  };
  let number = Number(first);
  const write = (line: string): void => {
    process.stdout.write(`${line}\n`);
  };
  for (;;) {
    const calls: Promise<void>[] = [];
    for (let i = 0; i < 5; i++) {
      const mine = number++;
      const options = mine % 3 === 0 ? { delay: "100ms" as const } : {};
      calls.push(
        survive.enqueue({ number: mine, failures: mine % 4 === 1 ? 1 : 0 }, options).then(() => write(`${mine}`)),
      );
    }
    const [a, b] = [number++, number++];
    const key = `k${number % 4}`;
    const both = [
      { number: a, key },
      { number: b, key },
    ];
    calls.push(surviveInOrder.enqueueAll(both).then(() => write(`${key} ${a}\n${key} ${b}`)));
    await Promise.all(calls);
  }
}

async function work(): Promise<void> {
  const names = ["survive", "survive-in-order"];
  const modules = await Promise.all(names.map((name) => import(join(project, "generated", name, "executor.ts"))));
  const executors = modules.map(({ executor }) => executor as Executor);
  const worker = await startWorker({ ports: connection.ports, executors });
  process.stdout.write("working\n");
  process.once("SIGTERM", async () => {
    await worker.drain();
    await connection.close();
    process.exit(0);
  });
}

await (role === "produce" ? produce() : work());
