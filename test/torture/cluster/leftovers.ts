import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { deadLetterTopicOf } from "../../../runtime/contract/contract.ts";
import type { Consumer, Transport } from "../../../runtime/transport/transport.ts";
import type { Postgres } from "../../parts/postgres.ts";
import type { PulsarBroker } from "../../parts/pulsar-broker.ts";
import type { ClusterHistory } from "./cluster-history.ts";
import { PLACES, placeOf, topicOfKind } from "./kinds.ts";

/** Reads dead letters as they come, until it is stopped. */
export async function readDeadLetters(transport: Transport, take: ClusterHistory["takeDead"]) {
  const consumers: Consumer[] = [];
  let stopped = false;
  const reading = PLACES.map(async ({ kind, subscriber }) => {
    const topic = deadLetterTopicOf(topicOfKind(kind), subscriber);
    const consumer = await transport.subscribe(topic, "dead-letters", "shared");
    consumers.push(consumer);
    return { consumer, place: placeOf(kind, subscriber) };
  });
  const opened = await Promise.all(reading);
  for (const { consumer, place } of opened) {
    void (async () => {
      while (!stopped) {
        const messages = await consumer.receive(100).catch(() => undefined);
        if (!messages) await sleep(500);
        for (const { payload, failure } of messages ?? [])
          take(place, JSON.parse(Buffer.from(payload).toString()).id, failure!.reason);
        await consumer.acknowledge(messages ?? []).catch(() => {});
      }
    })();
  }
  return {
    async stop() {
      stopped = true;
      await Promise.all(consumers.map((consumer) => consumer.close()));
    },
  };
}

interface SubscriptionStats {
  readonly msgBacklog: number;
  readonly unackedMessages: number;
  readonly consumers: readonly { readonly unackedMessages: number; readonly drainingHashesCount?: number }[];
}

/** What is left once all is handled: in topics, with consumers, and in stores. */
export async function readLeftovers({
  transport,
  broker,
  postgres,
  namespace,
  accepted,
  endsAt,
}: {
  readonly transport: Transport;
  readonly broker: PulsarBroker;
  readonly postgres: Postgres;
  readonly namespace: string;
  /** Deduplicated ids whose enqueue resolved. */
  readonly accepted: ReadonlySet<string>;
  readonly endsAt: number;
}): Promise<string[]> {
  async function inTopics(): Promise<string[]> {
    const found: string[] = [];
    for (const { kind, subscriber } of PLACES) {
      const topic = topicOfKind(kind);
      const backlog = await transport.backlog(topic, subscriber);
      if (backlog > 0) found.push(`${backlog} are left in ${topic} for ${subscriber}`);
      const path = `/admin/v2/persistent/${namespace}/${topic}/stats?getPreciseBacklog=true`;
      const stats = (await broker.admin("GET", path)) as { subscriptions: Record<string, SubscriptionStats> };
      const { msgBacklog, unackedMessages, consumers } = stats.subscriptions[subscriber]!;
      // A broker's sums of what is unacknowledged may fall below 0, which holds up nothing.
      if (msgBacklog !== 0 || unackedMessages > 0)
        found.push(
          `${topic} for ${subscriber}: the broker tells a backlog of ${msgBacklog}, ${unackedMessages} unacknowledged`,
        );
      for (const consumer of consumers)
        if (consumer.unackedMessages > 0 || (consumer.drainingHashesCount ?? 0) !== 0)
          found.push(
            `${topic} for ${subscriber}: a consumer has ${consumer.unackedMessages} unacknowledged messages, and ${consumer.drainingHashesCount} hashes drain`,
          );
    }
    return found;
  }
  async function inStores(): Promise<string[]> {
    const client = new Client({ connectionString: postgres.connectionString });
    await client.connect();
    try {
      const found: string[] = [];
      const delayed = await client.query("SELECT count(*)::int AS count FROM fivefold.delayed");
      if (delayed.rows[0].count > 0) found.push(`${delayed.rows[0].count} delayed tasks are left in PostgreSQL`);
      // What nobody was told to be accepted, as its producer was killed, keeps its reservation.
      const reserved = await client.query("SELECT dedupe_id FROM fivefold.dedupe WHERE NOT confirmed");
      const told = reserved.rows.filter(({ dedupe_id }) => accepted.has(dedupe_id));
      if (told.length > 0) found.push(`${told.length} ids are accepted, and only reserved in PostgreSQL`);
      return found;
    } finally {
      await client.end();
    }
  }
  for (;;) {
    const found = [...(await inTopics()), ...(await inStores())];
    if (found.length === 0 || performance.now() > endsAt) return found;
    await sleep(1_000);
  }
}
