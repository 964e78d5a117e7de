import { setTimeout as sleep } from "node:timers/promises";
import type { Message } from "../../../runtime/contract/contract.ts";
import { FivefoldError } from "../../../runtime/contract/errors.ts";
import type { Consumer, Transport } from "../../../runtime/transport/transport.ts";
import type { PulsarBroker } from "../../parts/pulsar-broker.ts";
import { type Draw, drawWith } from "../../transport/history/setting.ts";
import { record } from "../../transport/records.ts";
import { startFrameProxy } from "./frame-proxy.ts";
import { createNamespace, type Way } from "./transports.ts";

const KEYS = 30;
const CONSUMERS = 3;
const PRODUCERS = 2;
const UNLOAD_EVERY_MS = 9_000;
/** After the faults, whoever lived through them has so long to settle the rest. */
const PATIENCE_MS = 90_000;
/** An order of keys matters in one, and tasks that fail in the other. */
const TOPICS = [
  { name: "ordered", ordered: true, type: "key-shared" },
  { name: "plain", ordered: false, type: "shared" },
] as const;

export interface FrameAttack {
  readonly did: Record<string, number>;
  readonly faults: string[];
}

/** What was published to a topic, and what consumers told. */
interface TopicHistory {
  readonly accepted: Set<string>;
  readonly refused: Set<string>;
  readonly handled: Map<string, number>;
  readonly settled: Set<string>;
  /** By key, the number that is next. */
  readonly next: Map<string, number>;
  readonly faults: string[];
}

/**
 * Producers and consumers of two topics behind a proxy that harms frames, for `forMs`; beside it, topics are unloaded.
 * Then nothing harms them any more, and those that lived through it settle what is left. Another subscription tells what
 * the broker stored.
 */
export async function attackFrames(
  broker: PulsarBroker,
  way: Way,
  {
    seed,
    forMs,
    longestSilenceMs,
  }: { readonly seed: number; readonly forMs: number; readonly longestSilenceMs: number },
): Promise<FrameAttack> {
  const draw = drawWith(seed);
  const namespace = await createNamespace(broker);
  const direct = await way.open(broker, { namespace: namespace.name });
  await direct.declare(TOPICS.map(({ name, ordered }) => ({ name, ordered, subscriptions: ["s", "audit"] })));
  const proxy = await startFrameProxy(Number(new URL(broker.serviceUrl).port), { draw, longestSilenceMs });
  const through = { ...broker, serviceUrl: `pulsar://127.0.0.1:${proxy.port}` };
  const transports: Transport[] = [];
  const open = async () => {
    const transport = await way.open(through, { namespace: namespace.name });
    transports.push(transport);
    await transport.declare(TOPICS.map(({ name, ordered }) => ({ name, ordered, subscriptions: ["s"] })));
    return transport;
  };
  const histories = new Map(TOPICS.map(({ name }) => [name, createHistory()]));
  const state = { isOver: false, isDone: false };

  const producing: Promise<void>[] = [];
  const consuming: Promise<void>[] = [];
  for (let member = 0; member < PRODUCERS; member++) {
    const transport = await open();
    for (const { name } of TOPICS) producing.push(produce(transport, name, member, histories.get(name)!, state, draw));
  }
  for (let member = 0; member < CONSUMERS; member++) {
    const transport = await open();
    for (const { name, type } of TOPICS) {
      const consumer = await insist(() => transport.subscribe(name, "s", type));
      consuming.push(consume(consumer, type === "shared", histories.get(name)!, state, draw));
    }
  }
  const endsAt = performance.now() + forMs;
  while (performance.now() < endsAt) {
    await sleep(Math.min(UNLOAD_EVERY_MS, endsAt - performance.now()));
    for (const { name } of TOPICS) {
      if (draw.happens(0.5))
        await broker.admin("PUT", `/admin/v2/persistent/${namespace.name}/${name}/unload`).catch(() => {});
    }
  }
  proxy.calm();
  state.isOver = true;
  await Promise.all(producing);

  const calmAt = performance.now();
  const missing = () =>
    [...histories.values()].flatMap(({ accepted, settled }) => [...accepted].filter((id) => !settled.has(id)));
  const backlogs = async () => {
    const all: [string, number][] = [];
    for (const { name } of TOPICS) all.push([name, await direct.backlog(name, "s")]);
    return all.filter(([, backlog]) => backlog > 0);
  };
  let left = await backlogs();
  while (performance.now() < calmAt + PATIENCE_MS && (missing().length > 0 || left.length > 0)) {
    await sleep(250);
    left = await backlogs();
  }
  const settledAfterMs = Math.round(performance.now() - calmAt);
  state.isDone = true;
  const faults: string[] = [];
  if (missing().length > 0)
    faults.push(`${missing().length} accepted records were not settled: ${missing().slice(0, 8)}`);
  for (const [name, backlog] of left) {
    faults.push(`${name} has a backlog of ${backlog}`);
    const stats = await broker.admin("GET", `/admin/v2/persistent/${namespace.name}/${name}/stats`);
    console.log(JSON.stringify(stats));
  }
  await Promise.all(transports.map((transport) => transport.close()));
  await Promise.all(consuming);
  for (const { name, ordered } of TOPICS) {
    const history = histories.get(name)!;
    faults.push(...history.faults.slice(0, 5), ...checkStored(await audit(direct, name), history, ordered));
  }
  await direct.close();
  await proxy.close();
  const sum = (of: (history: TopicHistory) => number) =>
    [...histories.values()].reduce((total, one) => total + of(one), 0);
  return {
    did: {
      ...proxy.did,
      accepted: sum(({ accepted }) => accepted.size),
      refused: sum(({ refused }) => refused.size),
      handled: sum(({ handled }) => handled.size),
      repeated: sum(({ handled }) => [...handled.values()].reduce((times, count) => times + count - 1, 0)),
      subscribed: proxy.passed.get("subscribe") ?? 0,
      settledAfterMs,
    },
    faults: faults.map((fault) => `seed ${seed}: ${fault}`),
  };
}

function createHistory(): TopicHistory {
  return {
    ...{ accepted: new Set(), refused: new Set(), handled: new Map(), settled: new Set(), next: new Map(), faults: [] },
  };
}

async function insist<T>(open: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await open();
    } catch {
      await sleep(200);
    }
  }
}

async function produce(
  transport: Transport,
  topic: string,
  member: number,
  history: TopicHistory,
  state: { readonly isOver: boolean },
  draw: Draw,
): Promise<void> {
  const producer = await insist(() => transport.producer(topic));
  const numbers = new Map<string, number>();
  const calls: Promise<void>[] = [];
  while (!state.isOver) {
    const batch = Array.from({ length: draw.between(1, 12) }, () => {
      const key = `${member}-${draw.between(0, KEYS - 1)}`;
      const number = numbers.get(key) ?? 0;
      numbers.set(key, number + 1);
      return record(`${key}:${number}`, { key, payload: Buffer.alloc(draw.between(0, 300), number) });
    });
    const ids = batch.map(({ id }) => id);
    calls.push(
      producer.publish(batch).then(
        () => ids.forEach((id) => void history.accepted.add(id)),
        (error: unknown) => {
          if (!(error instanceof FivefoldError)) history.faults.push(`a publish rejects with ${error}`);
          else if (!error.mayBeStored) ids.forEach((id) => void history.refused.add(id));
        },
      ),
    );
    await sleep(draw.between(0, 30));
  }
  await Promise.all(calls);
}

async function consume(
  consumer: Consumer,
  fails: boolean,
  history: TopicHistory,
  state: { readonly isDone: boolean },
  draw: Draw,
): Promise<void> {
  async function settle(messages: readonly Message[]): Promise<void> {
    while (!state.isDone) {
      try {
        await consumer.acknowledge(messages);
        for (const { id } of messages) history.settled.add(id);
        return;
      } catch (error) {
        if ((error as FivefoldError).code === "closed") return;
        await sleep(100);
      }
    }
  }
  while (!state.isDone) {
    const messages = await consumer.receive(draw.between(1, 60)).catch(() => []);
    if (messages.length === 0) await sleep(20);
    for (const { id, key } of messages) {
      const times = (history.handled.get(id) ?? 0) + 1;
      history.handled.set(id, times);
      const number = Number(id.split(":")[1]);
      const next = history.next.get(key) ?? 0;
      if (!fails && times === 1 && number < next) history.faults.push(`${id} came after ${next - 1} of its key`);
      history.next.set(key, Math.max(next, number + 1));
    }
    const failed = fails ? messages.filter(() => draw.happens(0.1)) : [];
    if (failed.length > 0) consumer.negativeAcknowledge(failed, draw.oneOf([0, 0, 30, 300]));
    // In parts, as tasks end.
    const rest = messages.filter((message) => !failed.includes(message));
    const half = draw.between(0, rest.length);
    if (draw.happens(0.3)) await sleep(draw.between(1, 20));
    void settle(rest.slice(half));
    if (draw.happens(0.3)) await sleep(draw.between(1, 20));
    void settle(rest.slice(0, half));
  }
}

/** Ids of what the broker stored, in order. */
async function audit(transport: Transport, topic: string): Promise<string[]> {
  const consumer = await transport.subscribe(topic, "audit", "key-shared");
  const stored: string[] = [];
  while ((await transport.backlog(topic, "audit")) > 0) {
    const messages = await consumer.receive(1_000);
    stored.push(...messages.map(({ id }) => id));
    await consumer.acknowledge(messages);
  }
  await consumer.close();
  return stored;
}

/** A broker that deduplicates stores what was accepted once and in order, and what was refused for sure not at all. */
function checkStored(stored: readonly string[], { accepted, refused }: TopicHistory, ordered: boolean): string[] {
  const faults: string[] = [];
  const counts = new Map<string, number>();
  const last = new Map<string, number>();
  for (const id of stored) {
    counts.set(id, (counts.get(id) ?? 0) + 1);
    const [key = "", number = ""] = id.split(":");
    if (ordered && Number(number) < (last.get(key) ?? -1)) faults.push(`${id} is stored after ${last.get(key)}`);
    last.set(key, Number(number));
  }
  for (const id of accepted) if (!counts.has(id)) faults.push(`${id} was accepted and is not stored`);
  for (const id of refused) if (counts.has(id)) faults.push(`${id} was refused for sure and is stored`);
  for (const [id, count] of counts) if (count > 1) faults.push(`${id} is stored ${count} times`);
  return faults.slice(0, 10);
}
