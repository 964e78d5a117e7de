import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { runFuzz } from "../../gateway/fuzz/run-fuzz.ts";
import type { Report, Scenario } from "../scenario.ts";

/*
 * A gateway under requests that are wrong in every way, beside clients that send slowly, or nothing: no crash, no unhandled
 * rejection, no growth, each refusal a 4xx with a machine-readable reason. Then more than it has room for: 429, and once that
 * is over, all is served again.
 *
 *   npm run torture gateway -- --size 1000000 --minutes 60      that many requests, or as long as that takes
 */

const PART = 20_000;
const MOST_GROWTH_BYTES = 24 * 1_048_576;
const SLOW_CLIENTS = 40;

interface State {
  readonly troubles: readonly string[];
  readonly heapBytes: number;
  readonly held: Readonly<Record<string, number>>;
}

export default {
  async run({ seed, until, size = 200_000 }): Promise<Report> {
    const child = fork(join(import.meta.dirname, "..", "gateway", "gateway-worker.ts"));
    const faults: string[] = [];
    let crashed = false;
    child.once("exit", (code, signal) => {
      crashed = true;
      faults.push(`the gateway's process ended: ${signal ?? code}`);
    });
    const [{ port }] = (await once(child, "message")) as [{ port: number }];
    const answers: Record<string, number> = {};
    const slow = slowClients(port);
    let firstBytes = 0;
    let lastBytes = 0;
    let requests = 0;
    for (let part = 0; requests < size && performance.now() < until && !crashed; part++) {
      const count = Math.min(PART, size - requests);
      const report = await runFuzz({ port, seed: seed + part, requests: count, connections: 48, until });
      const done = Object.values(report.answers).reduce((sum, count) => sum + count, 0);
      for (const [status, count] of Object.entries(report.answers)) answers[status] = (answers[status] ?? 0) + count;
      requests += done;
      faults.push(...report.faults.map((fault) => `seed ${seed + part}: ${fault}`));
      const { troubles, heapBytes } = await stateOf(child);
      faults.push(...troubles.map((trouble) => `seed ${seed + part}: ${trouble}`));
      // What the first part fills is V8's and Node's.
      if (part === 0) firstBytes = heapBytes;
      lastBytes = heapBytes;
    }
    slow.end();
    const overload = crashed ? { refused: 0 } : await overloaded(port, faults);
    const state = crashed ? undefined : await settled(child);
    if (lastBytes - firstBytes > MOST_GROWTH_BYTES)
      faults.push(`the heap grew from ${firstBytes} to ${lastBytes} bytes`);
    if (state && Object.values(state.held).some((value) => value !== 0)) {
      faults.push(`it holds something after all has ended: ${JSON.stringify(state.held)}`);
    }
    child.removeAllListeners("exit");
    child.kill();
    const grown = Math.round((lastBytes - firstBytes) / 1_024);
    return { did: { requests, ...answers, heapGrowthKiB: grown, refusedUnderOverload: overload.refused }, faults };
  },
} satisfies Scenario;

async function stateOf(child: ChildProcess): Promise<State> {
  child.send("state");
  return ((await once(child, "message")) as [State])[0];
}

/** Once what was begun has ended. */
async function settled(child: ChildProcess): Promise<State> {
  const giveUpAt = performance.now() + 40_000;
  for (;;) {
    const state = await stateOf(child);
    if (Object.values(state.held).every((value) => value === 0) || performance.now() > giveUpAt) return state;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** Each sends a byte of a request now and then, and begins again when it is told that this takes too long. */
function slowClients(port: number): { end(): void } {
  const text = `POST /v1/place-order HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{"a":`;
  const sockets = new Set<Socket>();
  const begin = () => {
    const socket = connect(port, "127.0.0.1");
    sockets.add(socket);
    let at = 0;
    const timer = setInterval(() => socket.write(text[at++] ?? " "), 100);
    socket.on("error", () => {});
    socket.on("data", () => {});
    socket.on("close", () => {
      clearInterval(timer);
      if (sockets.delete(socket)) begin();
    });
  };
  for (let i = 0; i < SLOW_CLIENTS; i++) begin();
  return {
    end() {
      const open = [...sockets];
      sockets.clear();
      for (const socket of open) socket.destroy();
    },
  };
}

/** More bodies at once than there is room for; then one that must be taken. */
async function overloaded(port: number, faults: string[]): Promise<{ readonly refused: number }> {
  const url = `http://127.0.0.1:${port}/v1/place-order`;
  const post = (body: string) =>
    fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body }).then(async (response) => {
      await response.text();
      return response;
    });
  const large = JSON.stringify({ padding: "x".repeat(900_000) });
  const answers = await Promise.all(Array.from({ length: 400 }, () => post(large)));
  const refused = answers.filter(({ status }) => status === 429);
  if (refused.length === 0) faults.push("nothing was refused under overload");
  if (refused.some(({ headers }) => !headers.has("retry-after"))) faults.push("a 429 without Retry-After");
  const others = answers.filter(({ status }) => status !== 429 && status !== 400);
  if (others.length > 0) faults.push(`under overload it answered ${others[0]!.status}`);
  const order = {
    orderId: "2f1b7a52-6f0e-4c52-9a40-0a3c1f5f8f11",
    country: "DE",
    lines: [{ sku: "A-1", quantity: 2, unitPrice: 9.5 }],
    total: 19,
    gift: false,
  };
  for (let i = 0; i < 100; i++) {
    const { status } = await post(JSON.stringify(order));
    if (status !== 202) faults.push(`after the overload it answered ${status}`);
  }
  return { refused: refused.length };
}
