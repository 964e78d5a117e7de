import { setTimeout as sleep } from "node:timers/promises";
import type { Postgres } from "../../parts/postgres.ts";
import type { PulsarBroker } from "../../parts/pulsar-broker.ts";
import type { Draw } from "../../transport/history/setting.ts";
import { type Crew, freeze } from "./crew.ts";
import type { Disturbance } from "./explain-repeats.ts";
import { nowMicros } from "./kinds.ts";

const OUTAGE_MS = 20_000;
const STALL_MS = 15_000;

/** How often each fault happens where all of them do. */
const SERVER_FAULTS = {
  "broker kills": 10,
  "broker outages": 3,
  "broker stalls": 3,
  unloads: 6,
  "PostgreSQL kills": 5,
  "PostgreSQL outages": 2,
  "PostgreSQL stalls": 2,
} as const;
const PROCESS_FAULTS = {
  "worker kills": 20,
  "producer kills": 20,
  "worker stalls": 3,
  "producer stalls": 2,
} as const;

type ServerFault = keyof typeof SERVER_FAULTS;
type ProcessFault = keyof typeof PROCESS_FAULTS;

/** What of the plan is under attack. */
export interface Attacked {
  readonly broker: PulsarBroker;
  readonly postgres: Postgres;
  readonly workers: Crew;
  readonly producers: Crew;
  /** Unloads all topics. */
  readonly unload: () => Promise<void>;
}

/** In a random order, each fault `share` times as often as in the whole plan, and once at least. */
function drawOrder<Name extends string>(faults: Readonly<Record<Name, number>>, share: number, draw: Draw): Name[] {
  const all = (Object.entries(faults) as [Name, number][]).flatMap(([name, times]) =>
    Array.from({ length: Math.max(1, Math.round(times * share)) }, () => name),
  );
  for (let last = all.length - 1; last > 0; last--) {
    const other = draw.between(0, last);
    [all[last], all[other]] = [all[other]!, all[last]!];
  }
  return all;
}

/**
 * Does what the plan says: to the servers one after another, each once work goes on after the one before; to workers and
 * producers at the same time, whatever the servers do. Resolves once all of it has happened.
 */
export async function runFaults(
  attacked: Attacked,
  {
    share,
    draw,
    did,
    disturbed,
    goesOn,
  }: {
    readonly share: number;
    readonly draw: Draw;
    readonly did: (name: ServerFault | ProcessFault) => void;
    readonly disturbed: (disturbance: Disturbance) => void;
    /** Resolves once work goes on that a fault has stopped, which was over just now. */
    readonly goesOn: (after: ServerFault) => Promise<void>;
  },
): Promise<void> {
  const { broker, postgres, workers, producers } = attacked;

  async function down(server: PulsarBroker | Postgres, forMs: number): Promise<void> {
    await server.kill();
    if (forMs > 0) await sleep(forMs);
    await server.restart();
  }
  const serverFaults: Readonly<Record<ServerFault, { what: Disturbance["what"]; run: () => Promise<void> }>> = {
    "broker kills": { what: "broker", run: () => down(broker, 0) },
    "broker outages": { what: "broker", run: () => down(broker, OUTAGE_MS) },
    "broker stalls": { what: "broker", run: () => freeze(broker.pid(), STALL_MS) },
    unloads: { what: "broker", run: attacked.unload },
    "PostgreSQL kills": { what: "PostgreSQL killed", run: () => down(postgres, 0) },
    "PostgreSQL outages": { what: "PostgreSQL killed", run: () => down(postgres, OUTAGE_MS) },
    "PostgreSQL stalls": { what: "PostgreSQL", run: () => freeze(postgres.pid(), STALL_MS) },
  };
  const processFaults: Readonly<Record<ProcessFault, () => Promise<void>>> = {
    "worker kills": async () => disturbed({ what: "worker killed", ...(await workers.kill()) }),
    "worker stalls": async () => disturbed({ what: "worker stalled", ...(await workers.stall(STALL_MS)) }),
    "producer kills": async () => void (await producers.kill()),
    "producer stalls": async () => void (await producers.stall(STALL_MS)),
  };

  async function attackServers(): Promise<void> {
    for (const name of drawOrder(SERVER_FAULTS, share, draw)) {
      await sleep(draw.between(8_000, 18_000));
      const { what, run } = serverFaults[name];
      const from = nowMicros();
      await run();
      did(name);
      await goesOn(name);
      disturbed({ what, from, until: nowMicros() });
    }
  }
  async function attackProcesses(): Promise<void> {
    for (const name of drawOrder(PROCESS_FAULTS, share, draw)) {
      await sleep(draw.between(3_000, 15_000));
      await processFaults[name]();
      did(name);
    }
  }
  await Promise.all([attackServers(), attackProcesses()]);
}
