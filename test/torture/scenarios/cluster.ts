import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { topicsOf } from "../../../runtime/ports/topics.ts";
import { createNamespace, WAYS, type Way } from "../../e2e/pulsar/transports.ts";
import { startPostgres } from "../../parts/postgres.ts";
import { startPulsarBroker } from "../../parts/pulsar-broker.ts";
import { drawWith } from "../../transport/history/setting.ts";
import { checkCluster } from "../cluster/check-cluster.ts";
import { createClusterHistory, createTailReader } from "../cluster/cluster-history.ts";
import { type Crew, startCrew } from "../cluster/crew.ts";
import { type Disturbance, explainRepeats } from "../cluster/explain-repeats.ts";
import { runFaults } from "../cluster/fault-plan.ts";
import { checkOutFormer } from "../cluster/former-version.ts";
import { contractsOf, KINDS, nowMicros, PLACES, placeOf, topicOfKind } from "../cluster/kinds.ts";
import { readDeadLetters, readLeftovers } from "../cluster/leftovers.ts";
import type { Scenario } from "../scenario.ts";

/** Events of each kind, by each way. */
const EVENTS = 200_000;
const WORKERS = 3;
const PRODUCERS = 3;
const SKEW_MS = 2_000;
/** More that waits would make it long until a fault shows. */
const MOST_PENDING = 20_000;
const GOES_ON_WITHIN_MS = 10_000;
const PATIENCE_MS = 120_000;

/**
 * Whole workers and producers on a real broker and PostgreSQL, by each way, with kills, outages, stalls and unloads of
 * all of them. `--size` is the number of events of each kind; faults are fewer in the same measure.
 */
const scenario: Scenario = {
  needs: "a Pulsar broker, libpulsar and PostgreSQL, which it installs and starts",
  async run({ seed, size = EVENTS, only = "", beside }) {
    const faults: string[] = [];
    const did: Record<string, number | string> = {};
    const former = beside === undefined ? undefined : checkOutFormer(beside);
    try {
      for (const way of WAYS.filter(({ name }) => name.includes(only))) {
        const found = await attack(way, { seed, size, formerProgram: former?.program }, (what, by) => {
          const name = `${way.name}: ${what}`;
          did[name] = typeof by === "string" ? by : ((did[name] as number | undefined) ?? 0) + by;
        });
        faults.push(...found.map((fault) => `${way.name}: ${fault}`));
      }
    } finally {
      former?.remove();
    }
    return { did, faults };
  },
};

type Count = (what: string, by: number | string) => void;

async function attack(
  way: Way,
  { seed, size, formerProgram }: { seed: number; size: number; formerProgram: string | undefined },
  count: Count,
): Promise<string[]> {
  const [broker, postgres] = await Promise.all([
    startPulsarBroker({ config: { brokerDeduplicationEnabled: true } }),
    startPostgres(),
  ]);
  const folder = mkdtempSync(join(tmpdir(), "fivefold-cluster-"));
  const faults: string[] = [];
  const history = createClusterHistory();
  const read = createTailReader(folder, history.take);
  const disturbances: Disturbance[] = [];
  const draw = drawWith(seed);
  const namespace = await createNamespace(broker);
  const transport = await way.open(broker, { namespace: namespace.name });
  // Beforehand, as a deployment does: what comes first may be a kill.
  await transport.declare(
    Object.keys(KINDS).flatMap((kind) => topicsOf(contractsOf(kind, () => {}).executor.settings)),
  );
  const deadLetters = await readDeadLetters(transport, history.takeDead);
  const settings = {
    connect: {
      pulsar: { ...way.address(broker), namespace: namespace.name },
      postgres: postgres.connectionString,
    },
    ...{ folder, formerProgram, draw, fail: (fault: string) => void faults.push(fault) },
  };
  const workers = startCrew("worker", WORKERS, { ...settings, skewMs: SKEW_MS });
  const producers = startCrew("producer", PRODUCERS, { ...settings, skewMs: SKEW_MS });
  const startedAt = performance.now();

  let faultsAreOver = false;
  const isComplete = (kind: string) => history.accepted.get(kind)!.size >= size && faultsAreOver;
  const isWanted = (kind: string) =>
    !isComplete(kind) &&
    PLACES.every(
      (place) => place.kind !== kind || history.pending.get(placeOf(kind, place.subscriber))!.size < MOST_PENDING,
    );

  let over = false;
  const looking = (async () => {
    let before = "";
    while (!over) {
      read();
      const wanted = Object.keys(KINDS).filter((kind) => isWanted(kind));
      if (wanted.join() !== before) producers.tell(wanted);
      before = wanted.join();
      await sleep(100);
    }
  })();
  const statsOf = (kind: string) =>
    broker.admin("GET", `/admin/v2/persistent/${namespace.name}/${topicOfKind(kind)}/stats`);
  const longest = new Map<string, number>();
  /** Waits until each kind is accepted and handled again. */
  async function goesOn(after: string): Promise<void> {
    const from = nowMicros();
    const isAgain = (at = 0) => at > from;
    const still = () =>
      PLACES.filter(
        ({ kind, subscriber }) =>
          !isAgain(history.handledAt.get(placeOf(kind, subscriber))) || !isAgain(history.acceptedAt.get(kind)),
      );
    let late = false;
    let told = false;
    let last: ReturnType<typeof still> = [];
    for (let now = still(); now.length > 0 && !late; now = still()) {
      last = now;
      if (!told && nowMicros() - from > GOES_ON_WITHIN_MS * 800) {
        told = true;
        for (const { kind } of last) console.log(after, kind, JSON.stringify(await statsOf(kind).catch(String)));
      }
      late = nowMicros() - from > PATIENCE_MS * 1_000;
      await sleep(50);
    }
    const tookMs = Math.round((nowMicros() - from) / 1_000);
    const known = longest.get(after) ?? 0;
    longest.set(after, Math.max(known, tookMs));
    if (tookMs > GOES_ON_WITHIN_MS)
      faults.push(`work went on ${tookMs} ms after ${after}, last for ${JSON.stringify(last)}`);
  }

  const unload = async () => {
    for (const kind of Object.keys(KINDS))
      await broker.admin("PUT", `/admin/v2/persistent/${namespace.name}/${topicOfKind(kind)}/unload`).catch(() => {});
  };
  await untilWorking(workers, history.working);
  await runFaults(
    { broker, postgres, workers, producers, unload },
    {
      share: size / EVENTS,
      draw,
      did: (name) => count(name, 1),
      disturbed: (disturbance) => disturbances.push(disturbance),
      goesOn,
    },
  );
  faultsAreOver = true;
  const faultsTook = performance.now() - startedAt;
  while (!Object.keys(KINDS).every(isComplete)) await sleep(200);
  await producers.end();
  // Those that lived through it settle what is left, and nobody else.
  const endsAt = performance.now() + PATIENCE_MS;
  const left = () => [...history.pending.values()].reduce((sum, ids) => sum + ids.size, 0);
  while (left() > 0 && performance.now() < endsAt) await sleep(500);
  const accepted = history.accepted.get("deduplicated")!;
  faults.push(...(await readLeftovers({ transport, broker, postgres, namespace: namespace.name, accepted, endsAt })));
  over = true;
  await looking;
  await workers.end();
  read();
  await deadLetters.stop();
  await transport.close();
  faults.push(...checkCluster(history, disturbances));

  const { explained, undisturbed } = explainRepeats(history, disturbances);
  const sum = (sizes: Iterable<{ readonly size: number }>) => [...sizes].reduce((total, { size }) => total + size, 0);
  count("seconds of faults", Math.round(faultsTook / 1_000));
  count("accepted", sum(history.accepted.values()));
  count("handled", sum(history.runs.values()));
  count("dead letters", sum(history.dead.values()));
  for (const [cause, times] of Object.entries(explained)) count(`repeats by ${cause}`, times);
  count("undisturbed", undisturbed);
  count(
    "refused enqueues",
    [...history.refused.values()].reduce((total, all) => total + all.length, 0),
  );
  count(
    "problems told",
    [...history.problems.values()].reduce((total, times) => total + times, 0),
  );
  count("goes on within ms", JSON.stringify(Object.fromEntries(longest)));
  if (faults.length === 0) rmSync(folder, { recursive: true });
  else {
    console.log(`The history is in ${folder}`);
    console.log(JSON.stringify(disturbances));
    console.log(JSON.stringify([...history.problems].sort(([, one], [, other]) => other - one).slice(0, 30), null, 1));
  }
  await Promise.all([broker.stop(), postgres.stop()]);
  return faults;
}

async function untilWorking({ members }: Crew, working: ReadonlySet<string>): Promise<void> {
  while (!members.every(({ name }) => working.has(name))) await sleep(100);
}

export default scenario;
