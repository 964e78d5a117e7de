import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { openEmbeddedTransport } from "../../../runtime/adapters/embedded/embedded.ts";
import { sleep, systemClock } from "../../../runtime/contract/clock.ts";
import type { Producer, Transport } from "../../../runtime/transport/transport.ts";
import { records } from "../../transport/records.ts";
import type { Scenario } from "../scenario.ts";

const HOLDER = fileURLToPath(new URL("../../e2e/embedded/process-worker.ts", import.meta.url));
const WATCHER = fileURLToPath(new URL("../surroundings/watcher.ts", import.meta.url));
const FAKETIME = [
  "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1",
  "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1",
];
const WATCH_MS = 4_000;
/** Far above what a busy machine takes, far below what waiting for a stopped process would. */
const LONGEST_BLOCK_MS = 2_500;

interface Watched {
  readonly got: readonly string[];
  readonly blockedMs: number;
  readonly problems: readonly string[];
}

interface Place {
  readonly folder: string;
  readonly faults: string[];
  start(args: readonly string[], before?: readonly string[], env?: Readonly<Record<string, string>>): Talker;
}

interface Talker {
  readonly child: ChildProcess;
  line(): Promise<string>;
}

/** What befalls the processes of a folder. Each adds what was wrong to the faults. */
const TROUBLES: Record<string, { isPossible(): boolean; run(place: Place): Promise<void> }> = {
  ...Object.fromEntries(
    [3_600, -3_600, 86_400, -86_400].map((seconds) => [
      `clock ${seconds} s`,
      {
        isPossible: () => FAKETIME.some(existsSync),
        run: (place: Place) =>
          watchHolder(place, async ({ folder, start }) => {
            const stamp = join(folder, "..", "faketime");
            writeFileSync(stamp, "+0\n");
            const watcher = start([WATCHER, folder, `${WATCH_MS}`], [], {
              LD_PRELOAD: FAKETIME.find(existsSync)!,
              FAKETIME_DONT_FAKE_MONOTONIC: "1",
              FAKETIME_TIMESTAMP_FILE: stamp,
              FAKETIME_CACHE_DURATION: "1",
            });
            await watcher.line();
            writeFileSync(stamp, `${seconds > 0 ? "+" : ""}${seconds}\n`);
            return watcher;
          }),
      },
    ]),
  ),
  descriptors: {
    isPossible: () => true,
    run: (place) =>
      watchHolder(place, async ({ folder, start }) => {
        const limit = ["sh", "-c", 'ulimit -n 64; exec "$0" "$@"'];
        const watcher = start([WATCHER, folder, `${WATCH_MS}`, "descriptors"], limit);
        await watcher.line();
        return watcher;
      }),
  },
  stopped: {
    isPossible: () => true,
    run: (place) =>
      watchHolder(place, async ({ folder, start }, holder) => {
        const watcher = start([WATCHER, folder, `${WATCH_MS}`]);
        await watcher.line();
        // It opens the folder, again and again, and is stopped in the midst of it.
        const opener = start([HOLDER, "reopen", folder]);
        await opener.line();
        await sleep(systemClock, Math.random() * 200);
        opener.child.kill("SIGSTOP");
        holder.child.kill("SIGSTOP");
        return watcher;
      }),
  },
  containers: {
    isPossible: () => spawnSync("unshare", ["-pf", "--mount-proc", "true"]).status === 0,
    run: (place) =>
      watchHolder(place, async ({ folder, start, faults }) => {
        const other = start([WATCHER, folder, "100"], ["unshare", "-pf", "--mount-proc", "--kill-child=SIGKILL"]);
        const [code] = await once(other.child, "exit");
        if (code === 0) faults.push("a process of another pid namespace was let in");
        const watcher = start([WATCHER, folder, `${WATCH_MS}`]);
        await watcher.line();
        return watcher;
      }),
  },
  "read-only": {
    isPossible: () => process.getuid?.() === 0 && process.platform === "linux",
    run: (place) =>
      onOwnDisk(place, "64m", async ({ disk, close, open }) => {
        // With files open for writing the kernel refuses that.
        await close();
        execFileSync("mount", ["-o", "remount,ro", disk]);
        const refused = await open().then(
          () => "was opened",
          (error: Error) => error.message,
        );
        execFileSync("mount", ["-o", "remount,rw", disk]);
        if (!/cannot be written.*correct its/s.test(refused)) place.faults.push(`read-only: ${refused}`);
        await open();
      }),
  },
  "full disk": {
    isPossible: () => process.getuid?.() === 0 && process.platform === "linux",
    run: (place) =>
      onOwnDisk(place, "24m", async ({ publish }) => {
        let refused: string | undefined;
        for (let count = 0; count < 400 && refused === undefined; count++) refused = await publish();
        if (!/is full/.test(refused ?? "")) place.faults.push(`full disk: ${refused ?? "took everything"}`);
      }),
  },
};

/** A process that is alive holds records; another one, in bad surroundings, must not get them before it ends. */
async function watchHolder(place: Place, trouble: (place: Place, holder: Talker) => Promise<Talker>): Promise<void> {
  const { folder, faults, start } = place;
  const transport = await openEmbeddedTransport({ folder, clock: systemClock });
  await transport.declare([{ name: "t", ordered: false, subscriptions: ["s"] }]);
  await (await transport.producer("t")).publish(records(5));
  await transport.close();
  const holder = start([HOLDER, "hold", folder]);
  const held = (await holder.line()).split(" ");
  const watcher = await trouble(place, holder);
  const line = await watcher.line();
  const { got, blockedMs, problems } = JSON.parse(line || "{}") as Watched;
  if (!got) return void faults.push(`the watcher ended: ${line}`);
  const taken = got.filter((id) => held.includes(id));
  if (taken.length > 0) faults.push(`${taken.length} records were taken from a live process`);
  if (blockedMs > LONGEST_BLOCK_MS)
    faults.push(`the event loop stood still for ${blockedMs} ms: ${problems.join("; ")}`);
}

interface OwnDisk {
  readonly disk: string;
  /** Says why it was refused, where it was. */
  publish(): Promise<string | undefined>;
  close(): Promise<void>;
  open(): Promise<void>;
}

/** On a file system of its own, what was published is there still once its trouble is over. */
async function onOwnDisk(
  { folder, faults }: Place,
  size: string,
  trouble: (disk: OwnDisk) => Promise<void>,
): Promise<void> {
  mkdirSync(folder, { recursive: true });
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", folder]);
  try {
    const data = join(folder, "data");
    let transport: Transport;
    let producer: Producer;
    const open = async () => {
      transport = await openEmbeddedTransport({ folder: data, clock: systemClock, reportProblem: () => {} });
      await transport.declare([{ name: "t", ordered: false, subscriptions: ["s"] }]);
      producer = await transport.producer("t");
    };
    await open();
    let published = 0;
    const publish = async () => {
      const batch = records(50, `${published}-`, { payload: new Uint8Array(2_000) });
      try {
        await producer.publish(batch);
        published += batch.length;
        return undefined;
      } catch (error) {
        return error instanceof Error ? error.message : String(error);
      }
    };
    await publish();
    await trouble({ disk: folder, publish, open, close: () => transport.close() });
    await transport!.close();
    await open();
    const consumer = await transport!.subscribe("t", "s", "shared");
    let received = 0;
    while (received < published) {
      const messages = await Promise.race([consumer.receive(500), sleep(systemClock, 5_000).then(() => [])]);
      if (messages.length === 0) break;
      received += messages.length;
      await consumer.acknowledge(messages);
    }
    // What was refused may be stored all the same.
    if (received < published) faults.push(`${published - received} of ${published} are lost`);
    // What was settled makes room within a moment.
    let again = await publish();
    for (let waited = 0; again !== undefined && waited < 50; waited++) {
      await sleep(systemClock, 100);
      again = await publish();
    }
    if (again !== undefined) faults.push(`afterwards: ${again}`);
    await transport!.close();
  } finally {
    execFileSync("umount", ["-l", folder]);
  }
}

async function withPlace(run: (place: Place) => Promise<void>): Promise<string[]> {
  const home = await mkdtemp(join(tmpdir(), "fivefold-surroundings-"));
  const children: ChildProcess[] = [];
  const faults: string[] = [];
  const start: Place["start"] = (args, before = [], env = {}) => {
    const [program = "", ...rest] = [...before, process.execPath, "--no-warnings", ...args];
    const child = spawn(program, rest, { stdio: ["ignore", "pipe", "ignore"], env: { ...process.env, ...env } });
    children.push(child);
    const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
    return { child, line: async () => String((await lines.next()).value ?? "") };
  };
  try {
    await run({ folder: join(home, "data"), faults, start });
  } finally {
    for (const child of children) child.kill("SIGKILL");
    await Promise.all(children.map((child) => child.exitCode ?? child.signalCode ?? once(child, "exit")));
    await rm(home, { recursive: true });
  }
  return faults;
}

/** What can befall a machine: clocks that jump, no descriptors, a stopped process, containers, full and read-only disks. */
const scenario: Scenario = {
  async run({ until }) {
    const faults: string[] = [];
    const did: Record<string, number> = {};
    do {
      for (const [name, { isPossible, run }] of Object.entries(TROUBLES)) {
        if (!isPossible()) continue;
        faults.push(...(await withPlace(run)).map((fault) => `${name}: ${fault}`));
        did[name] = (did[name] ?? 0) + 1;
      }
    } while (performance.now() < until);
    return { did, faults };
  },
};

export default scenario;
