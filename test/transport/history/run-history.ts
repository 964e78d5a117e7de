import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, statSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sleep, systemClock } from "../../../runtime/contract/clock.ts";
import type { Transport } from "../../../runtime/transport/transport.ts";
import { checkHistory } from "./check-history.ts";
import { type HistoryEvent, readHistory, tellInto } from "./history.ts";
import { type Player, play, SUBSCRIPTION, topicOf } from "./player.ts";
import type { Orders } from "./player-worker.ts";
import { drawWith, type Setting } from "./setting.ts";

const WORKER = join(import.meta.dirname, "player-worker.ts");
const LOOK_EVERY_MS = 20;

export interface HistoryPlace {
  /** Its owner closes it. */
  readonly transport: Transport;
  /** How another process opens a transport on the same place: a module's path, and what its export `open` takes. */
  readonly elsewhere?: { readonly module: string; readonly argument: string } | undefined;
  /** For how long nothing may happen before what is left counts as lost. */
  readonly patienceMs: number;
  /** Called on the way at random times, as often as that: makes the transport forget who holds what. */
  readonly disturb?: { readonly times: number; readonly run: () => Promise<void> } | undefined;
}

/** A process of its own that takes part. */
interface Other {
  readonly name: string;
  readonly file: string;
  readonly child: ChildProcess;
  readonly published: Promise<void>;
}

/** Plays a setting until all is handled or nothing happens any more. Returns what it breaks. */
export async function runHistory(place: HistoryPlace, setting: Setting): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), "fivefold-history-"));
  try {
    return await runIn(folder, place, setting);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function runIn(
  folder: string,
  { transport, elsewhere, patienceMs, disturb }: HistoryPlace,
  setting: Setting,
): Promise<string[]> {
  const ordered = setting.type === "key-shared";
  const topic = topicOf(setting);
  await transport.declare([{ name: topic, ordered, subscriptions: [SUBSCRIPTION] }]);
  const events: HistoryEvent[] = [];
  const tell = tellInto(events);
  const draw = drawWith(setting.seed + 1);
  const others: Other[] = [];
  let failure: unknown;
  let over = false;
  const processes = 1 + setting.processes;
  const consumersOf = (index: number) => shareOf(setting.consumers, processes, index);
  const recordsOf = (index: number) => shareOf(setting.records, processes, index);

  function start(index: number, records: number): Other {
    const name = `process-${others.length + 1}`;
    const file = join(folder, name);
    closeSync(openSync(file, "a"));
    const child = fork(WORKER, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    const part = { process: name, seed: setting.seed + 7 * (others.length + 1), consumers: consumersOf(index) };
    const orders: Orders = { ...elsewhere!, file, setting, part: { ...part, producers: records > 0 ? 1 : 0, records } };
    child.send(orders);
    const published = Promise.race([once(child, "message"), once(child, "exit")]).then(() => {});
    child.once("exit", (code) => {
      if (code) failure ??= `process ${name} ended with exit code ${code}`;
    });
    const other = { name, file, child, published };
    others.push(other);
    return other;
  }

  async function killNow(): Promise<void> {
    const alive = others.filter(({ child }) => child.exitCode === null && child.signalCode === null);
    if (alive.length === 0) return;
    const { name, child } = draw.oneOf(alive);
    tell("kill", name);
    child.kill("SIGKILL");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    start(1, 0);
  }

  async function disturbNow(): Promise<void> {
    // While it is made to forget, too, what was received may come again.
    tell("disturb", "somebody");
    await disturb!.run();
    tell("disturb", "somebody");
  }

  const own: Player = play(
    transport,
    setting,
    {
      ...{ process: "process-0", seed: setting.seed, consumers: consumersOf(0) },
      ...{ producers: setting.producers, records: recordsOf(0) },
    },
    tell,
  );
  for (let index = 1; index < processes; index++) start(index, recordsOf(index));

  let published = false;
  const publishing = Promise.all([own.published, ...others.map((other) => other.published)]).then(() => {
    published = true;
  });
  /** How much has been told so far, in some unit. */
  const told = () => events.length + others.reduce((sum, { file }) => sum + statSync(file).size, 0);

  const interruptions = [
    ...Array.from({ length: setting.kills }, () => killNow),
    ...Array.from({ length: disturb?.times ?? 0 }, () => disturbNow),
  ];
  const interrupting = (async () => {
    for (const interrupt of interruptions) {
      await sleep(systemClock, draw.between(20, 400));
      if (over) return;
      await interrupt();
    }
  })();

  let seen = -1;
  let seenAt = systemClock.monotonic();
  let stalled = false;
  const failing = Promise.all([publishing, interrupting]).catch((error: unknown) => {
    failure = error;
  });
  while (failure === undefined) {
    await sleep(systemClock, LOOK_EVERY_MS);
    const now = told();
    if (now !== seen) {
      seen = now;
      seenAt = systemClock.monotonic();
    }
    if (published && (await transport.backlog(topic, SUBSCRIPTION)) === 0) break;
    stalled = systemClock.monotonic() - seenAt > patienceMs;
    if (stalled) break;
  }
  over = true;
  if (!stalled) await failing;
  for (const { child } of others) if (child.connected) child.disconnect();
  await own.stop().catch((error: unknown) => {
    failure ??= error;
  });
  for (const { child } of others) if (child.exitCode === null && child.signalCode === null) await once(child, "exit");

  const history = [...events, ...others.flatMap(({ file }) => readHistory(file))];
  const faults = checkHistory(history, { ordered });
  if (failure !== undefined) faults.unshift(`a call failed: ${failure instanceof Error ? failure.stack : failure}`);
  if (stalled) faults.unshift(`nothing happened for ${patienceMs} ms, with records left`);
  return faults.map((fault) => `${fault} (${JSON.stringify(setting)})`);
}

/** The share of one of `count` parts in `all`. */
function shareOf(all: number, count: number, index: number): number {
  return Math.floor(all / count) + (index < all % count ? 1 : 0);
}
