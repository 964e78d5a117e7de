import { type ChildProcess, fork } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { encode } from "../../generated/place-order/codec.ts";
import { printFigure } from "./figure.ts";
import { postOf, runLoad } from "./gateway/load.ts";

/*
 * Events a second by HTTP and CPU µs an event of the server's process, beside a bare route of the same HTTP server, Node's,
 * which parses the same JSON and does nothing with it. The gateway asks for a token, validates, encodes and stores.
 *
 *   node test/bench/gateway.ts [--seconds 4] [--rounds 3] [--connections 50]
 *
 * The sides take turns, and each figure is the median of the rounds: on a machine that others use, what is beside each other
 * counts, not what was measured a minute apart. `ofBare` is a side's events per second of CPU by those of the bare route.
 */

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "4" },
    rounds: { type: "string", default: "3" },
    connections: { type: "string", default: "50" },
  },
});
const FOR_MS = Number(values.seconds) * 1_000;
const CONNECTIONS = Number(values.connections);
const TOKEN = "bench.0123456789012345678901234567890123456789012";
const BATCH = 100;

const ORDER = {
  orderId: "2f1b7a52-6f0e-4c52-9a40-0a3c1f5f8f11",
  country: "DE",
  lines: [{ sku: "A-1", quantity: 2, unitPrice: 9.5 }],
  total: 19,
  gift: false,
} as const;

interface Case {
  readonly side: "bare" | "memory" | "embedded";
  readonly what: string;
  readonly post: Buffer;
  readonly events: number;
}

const json = JSON.stringify(ORDER);
const batch = JSON.stringify(Array(BATCH).fill(ORDER));
const protobuf = encode({ ...ORDER, lines: [...ORDER.lines] });
const delimited = Buffer.concat(Array(BATCH).fill(Buffer.concat([Buffer.of(protobuf.length), protobuf])));
const PATH = "/v1/place-order";

const CASES: readonly Case[] = [
  { side: "bare", what: "one, JSON", post: postOf(PATH, "application/json", json, TOKEN), events: 1 },
  { side: "memory", what: "one, JSON", post: postOf(PATH, "application/json", json, TOKEN), events: 1 },
  { side: "embedded", what: "one, JSON", post: postOf(PATH, "application/json", json, TOKEN), events: 1 },
  { side: "embedded", what: "one, protobuf", post: postOf(PATH, "application/protobuf", protobuf, TOKEN), events: 1 },
  { side: "bare", what: "batch, JSON", post: postOf(PATH, "application/json", batch, TOKEN), events: BATCH },
  {
    side: "embedded",
    what: "batch, JSON",
    post: postOf(`${PATH}/batch`, "application/json", batch, TOKEN),
    events: BATCH,
  },
  {
    side: "embedded",
    what: "batch, protobuf",
    post: postOf(`${PATH}/batch`, "application/protobuf", delimited, TOKEN),
    events: BATCH,
  },
];

interface Server {
  readonly process: ChildProcess;
  readonly port: number;
}

const folder = await mkdtemp(join(tmpdir(), "fivefold-bench-gateway-"));
const tokens = join(folder, "tokens.json");
const sha256 = createHash("sha256").update(TOKEN).digest("hex");
await writeFile(tokens, JSON.stringify({ tokens: [{ producer: "bench", useCases: ["place-order"], sha256 }] }));

async function start(side: string): Promise<Server> {
  const env = { ...process.env, FIVEFOLD_DATA: join(folder, "data") };
  const child = fork(join(import.meta.dirname, "gateway", "server.ts"), [side, tokens], { env });
  const [{ port }] = (await once(child, "message")) as [{ port: number }];
  return { process: child, port };
}

async function cpuOf({ process: child }: Server): Promise<number> {
  child.send("cpu");
  const [{ cpuMicros }] = (await once(child, "message")) as [{ cpuMicros: number }];
  return cpuMicros;
}

const median = (of: readonly number[]) => of.toSorted((a, b) => a - b)[Math.floor(of.length / 2)]!;
const servers = new Map<string, Server>();
for (const side of ["bare", "memory", "embedded"]) servers.set(side, await start(side));
const measured = CASES.map(() => [] as { perSecond: number; cpuMicros: number; p99Ms: number }[]);

// The first round is for the compilers of V8.
for (let round = 0; round <= Number(values.rounds); round++) {
  for (const [i, { side, post, events }] of CASES.entries()) {
    const server = servers.get(side)!;
    const before = await cpuOf(server);
    const { requests, wallMs, p99Ms } = await runLoad(server.port, post, CONNECTIONS, round === 0 ? 1_500 : FOR_MS);
    const cpuMicros = ((await cpuOf(server)) - before) / (requests * events);
    if (round > 0) measured[i]!.push({ perSecond: (requests * events * 1_000) / wallMs, cpuMicros, p99Ms });
  }
}
const cpuOfCase = measured.map((rounds) => median(rounds.map(({ cpuMicros }) => cpuMicros)));
for (const [i, { side, what, events }] of CASES.entries()) {
  const bare = CASES.findIndex((one) => one.side === "bare" && one.events === events);
  printFigure({
    bench: "gateway",
    side,
    what,
    events,
    connections: CONNECTIONS,
    eventsPerSecond: Math.round(median(measured[i]!.map(({ perSecond }) => perSecond))),
    cpuMicrosPerEvent: Number(cpuOfCase[i]!.toFixed(2)),
    p99Ms: Number(median(measured[i]!.map(({ p99Ms }) => p99Ms)).toFixed(1)),
    ofBare: Number((cpuOfCase[bare]! / cpuOfCase[i]!).toFixed(2)),
  });
}
for (const { process: child } of servers.values()) child.kill();
await rm(folder, { recursive: true });
