import type { TaskRecord } from "../../runtime/contract/contract.ts";
import { FivefoldError } from "../../runtime/contract/errors.ts";
import { publishOnce } from "../../runtime/frontend/dedupe.ts";
import type { DedupeStore } from "../../runtime/frontend/dedupe-store.ts";
import { delayed } from "../runtime/scheduler/delay-store-suite.ts";
import type { Adapter } from "./adapters.ts";
import { createWorld, type Draw, type WorldProcess } from "./world.ts";

/*
 * Whole enqueues: producers that enqueue the same few ids again and again, as retrying callers do, by the frontend's own
 * way through the store. Publishes are refused, answered too late, or end without a word, stored or not; processes are
 * killed and paused anywhere. Some calls enqueue several ids, and some ids are used for another event than before. Of each
 * id at most one task may ever be stored, and one event; whatever was answered has to be, and whatever was refused must not.
 */

const PROCESSES = 3;
const IDS = 4;
/** Enqueues of each process, which go on until each has its receipt. */
const ENQUEUES = 5;
const HARSH_STEPS = 400;
const MAX_STEPS = 20_000;
const DEDUPE_FOR_MS = 7 * 86_400_000;
const PUBLISH_TIMEOUT_MS = 30_000;

export interface DedupeRun {
  readonly faults: readonly string[];
  readonly receipts: number;
  /** Calls that were refused for an id that stands for another event. */
  readonly conflicts: number;
  /** Records that were stored beyond one of each task. */
  readonly copies: number;
  readonly kills: number;
}

interface StoredEvent {
  readonly dedupeId: string;
  readonly id: string;
  readonly text: string;
  /** Which call of which process published it. */
  readonly call: string;
}

const storedEvent = ({ dedupeId, id, payload, tenant }: TaskRecord): StoredEvent => ({
  dedupeId,
  id,
  text: `${payload}`,
  call: tenant,
});

/** One event or two, of which each is mostly what its id stands for. */
function callOf(call: string, draw: Draw): TaskRecord[] {
  const first = draw(IDS);
  const ids = draw(3) === 0 ? [first, (first + 1 + draw(IDS - 1)) % IDS] : [first];
  return ids.map((id) => {
    const payload = Buffer.from(draw(8) === 0 ? "coffee" : "tea");
    return delayed(`${call}-${id}`, 0, { dedupeId: `d${id}`, payload, tenant: call }).record;
  });
}

function behindGate(store: DedupeStore, { gate }: WorldProcess): DedupeStore {
  const gated: Record<string, unknown> = {};
  for (const name of ["reserve", "renew", "confirm", "release", "sweep"] as const) {
    const call = store[name] as (...parameters: unknown[]) => Promise<unknown>;
    gated[name] = (...parameters: unknown[]) => gate(() => call.apply(store, parameters));
  }
  return gated as unknown as DedupeStore;
}

/** `isOneTask`: whether an id is one task also where processes die or stand still, as it is among present releases. */
export async function runDedupe(
  adapter: Adapter<DedupeStore>,
  draw: Draw,
  mostSkewMs: number,
  isOneTask = true,
): Promise<DedupeRun> {
  const stored: StoredEvent[] = [];
  const receipts: { dedupeId: string; text: string; id: string; duplicate: boolean }[] = [];
  /** Events that somebody has begun to enqueue, and calls that were refused. */
  const begun: { dedupeId: string; text: string }[] = [];
  const refusals: { call: string; mayBeStored: boolean }[] = [];
  const faults: string[] = [];
  const skews = Array.from({ length: PROCESSES }, () => (mostSkewMs === 0 ? 0 : draw(mostSkewMs + 1)));
  let kills = 0;
  let enqueues = 0;
  let answered = 0;

  const world = createWorld({
    draw,
    onKill(process) {
      kills++;
      launch(Number(process.name));
    },
  });
  const opened = await adapter.open(skews.map(world.clock));
  const outside = world.clock(0);

  /** As a broker does: it stores or refuses, at once, late, or without an answer. */
  async function publish(process: WorldProcess, records: readonly TaskRecord[]): Promise<void> {
    const store = () => stored.push(...records.map(storedEvent));
    const wait = (ms: number) => new Promise<void>((resolve) => process.clock.after(ms, resolve));
    const kind = world.harsh ? draw(10) : 0;
    await process.gate(() => {
      if (kind < 5 || kind === 6) store();
      // Stored when its caller has long been told that nobody knows.
      if (kind === 9) outside.after(PUBLISH_TIMEOUT_MS + draw(60_000), store);
    });
    if (kind < 5) return;
    if (kind === 5) throw new FivefoldError("storage-full", "refused");
    if (kind > 7) await wait(PUBLISH_TIMEOUT_MS);
    throw new FivefoldError("not-connected", "no answer", { mayBeStored: true });
  }

  function launch(of: number): void {
    const process = world.start(`${of}`, skews[of]!);
    const dedupeStore = behindGate(opened.ways[of]!, process);
    const ports = {
      dedupeStore,
      clock: process.clock,
      publish: (records: readonly TaskRecord[]) => publish(process, records),
    };
    void (async () => {
      for (let i = 0; i < ENQUEUES; ) {
        const call = `${of}-${enqueues++}`;
        const records = callOf(call, draw);
        begun.push(...records.map(storedEvent));
        try {
          const answers = await publishOnce(records, DEDUPE_FOR_MS, ports);
          for (const [at, record] of records.entries()) receipts.push({ ...storedEvent(record), ...answers[at]! });
          i++;
        } catch (error) {
          if (error instanceof FivefoldError && error.code === "conflict") {
            refusals.push({ call, mayBeStored: error.mayBeStored });
            const isTrue = records.some(({ dedupeId, payload }) =>
              begun.some((other) => other.dedupeId === dedupeId && other.text !== `${payload}`),
            );
            if (!isTrue) faults.push(`${call} was refused, and nobody has enqueued another event under its ids`);
            i++;
          }
          await new Promise<void>((resolve) => process.clock.after(draw(2_000), resolve));
        }
      }
      answered++;
    })();
  }

  try {
    for (let of = 0; of < PROCESSES; of++) launch(of);
    await world.run(() => false, HARSH_STEPS);
    world.harsh = false;
    if (!(await world.run(() => answered >= PROCESSES, MAX_STEPS))) faults.push("some enqueue never ends");
    // What a broker stores late.
    await new Promise<void>((resolve) => {
      outside.after(200_000, resolve);
      void world.run(() => false, 100);
    });
    for (let i = 0; i < IDS; i++) {
      const dedupeId = `d${i}`;
      const tasks = new Set(stored.filter((one) => one.dedupeId === dedupeId).map(({ id }) => id));
      if (isOneTask && tasks.size > 1) faults.push(`${dedupeId} was stored as ${[...tasks].join(" and ")}`);
      const texts = new Set(stored.filter((one) => one.dedupeId === dedupeId).map(({ text }) => text));
      if (isOneTask && texts.size > 1) faults.push(`${dedupeId} was stored as ${[...texts].join(" and ")}`);
      const own = receipts.filter((one) => one.dedupeId === dedupeId);
      for (const { text } of own)
        if (isOneTask && !texts.has(text)) faults.push(`${dedupeId} was answered to who enqueued another event`);
      for (const { id } of own)
        if (!tasks.has(id)) faults.push(`${dedupeId} was answered as ${id}, which is not stored`);
      const first = own.filter(({ duplicate }) => !duplicate).length;
      if (isOneTask && first > 1) faults.push(`${dedupeId} was accepted ${first} times`);
    }
    for (const { call, mayBeStored } of refusals) {
      if (!mayBeStored && stored.some((one) => one.call === call)) faults.push(`${call} was refused, and is stored`);
    }
    const copies = stored.length - new Set(stored.map(({ id }) => id)).size;
    return { faults, receipts: receipts.length, conflicts: refusals.length, copies, kills };
  } finally {
    await opened.close();
  }
}
