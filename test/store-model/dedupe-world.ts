import { FivefoldError } from "../../runtime/errors.ts";
import { publishOnce } from "../../runtime/frontend/dedupe.ts";
import type { DedupeStore } from "../../runtime/frontend/dedupe-store.ts";
import { delayed } from "../runtime/scheduler/delay-store-suite.ts";
import type { Adapter } from "./adapters.ts";
import { createWorld, type Draw, type WorldProcess } from "./world.ts";

/*
 * Whole enqueues: producers that enqueue the same few ids again and again, as retrying callers do, by the frontend's own
 * way through the store. Publishes are refused, answered too late, or end without a word, stored or not; processes are
 * killed and paused anywhere. Of each id at most one task may ever be stored, and whatever was answered has to be.
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
  /** Records that were stored beyond one of each task. */
  readonly copies: number;
  readonly kills: number;
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
  const stored: { dedupeId: string; id: string }[] = [];
  const receipts: { dedupeId: string; id: string; duplicate: boolean }[] = [];
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

  type Records = readonly { readonly dedupeId: string; readonly id: string }[];

  /** As a broker does: it stores or refuses, at once, late, or without an answer. */
  async function publish(process: WorldProcess, records: Records): Promise<void> {
    const store = () => stored.push(...records.map(({ dedupeId, id }) => ({ dedupeId, id })));
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
      publish: (records: Records) => publish(process, records),
    };
    void (async () => {
      for (let i = 0; i < ENQUEUES; ) {
        const dedupeId = `d${draw(IDS)}`;
        const { record } = delayed(`${of}-${enqueues++}`, 0, { dedupeId });
        try {
          const [receipt] = await publishOnce([record], DEDUPE_FOR_MS, ports);
          receipts.push({ dedupeId, ...receipt! });
          i++;
        } catch {
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
      const own = receipts.filter((one) => one.dedupeId === dedupeId);
      for (const { id } of own)
        if (!tasks.has(id)) faults.push(`${dedupeId} was answered as ${id}, which is not stored`);
      const first = own.filter(({ duplicate }) => !duplicate).length;
      if (isOneTask && first > 1) faults.push(`${dedupeId} was accepted ${first} times`);
    }
    const copies = stored.length - new Set(stored.map(({ id }) => id)).size;
    return { faults, receipts: receipts.length, copies, kills };
  } finally {
    await opened.close();
  }
}
