import type { Cancel, Clock } from "../../contract/clock.ts";
import type { Message } from "../../contract/contract.ts";
import { FivefoldError } from "../../contract/errors.ts";
import { groupByConsumer, routed } from "../../transport/message-position.ts";
import type { Consumer, Producer, SubscriptionType, TopicDeclaration, Transport } from "../../transport/transport.ts";

export interface FailoverSettings {
  /** Clusters that hold the same topics, the one that is preferred first. */
  readonly clusters: readonly Transport[];
  /** How often one that was left is asked whether it is back. Default 5,000. */
  readonly probeEveryMs?: number | undefined;
  /** Good answers in a row after which it is taken again. Default 12: it must not come and go. */
  readonly probesToReturn?: number | undefined;
  readonly clock: Clock;
}

/** Served by no cluster. */
const NONE = -1;

interface Served<T> {
  readonly cluster: number;
  readonly by: T;
}

function asFailed(error: unknown, mayBeStored: boolean): FivefoldError {
  if (!(error instanceof FivefoldError)) throw error;
  if (!mayBeStored || error.mayBeStored) return error;
  const message = `${error.message} Another cluster may have stored it.`;
  return new FivefoldError(error.code, message, { cause: error, mayBeStored });
}

function isUnreachable(error: unknown): boolean {
  return error instanceof FivefoldError && error.code === "not-connected";
}

/**
 * Topics on one of several clusters. A call that could not reach its cluster is done on the next one that answers, which
 * then serves all that this process publishes and consumes, until a preferred one is back. What was under way may be
 * stored in both, and what is consumed in one and not yet known to be in the other comes again: at least once, and
 * without the order of keys for that moment.
 */
export function createFailoverTransport(settings: FailoverSettings): Transport {
  const { clusters, probeEveryMs = 5_000, probesToReturn = 12, clock } = settings;
  const topics = new Map<string, TopicDeclaration>();
  /** What of them was declared in each. */
  const declared = clusters.map(() => new Set<string>());
  /** Told when another cluster is taken. */
  const followers = new Set<() => void>();
  let active = 0;
  let leaving: Promise<void> | undefined;
  let cancelProbe: Cancel = () => {};
  let closed = false;

  async function declareIn(cluster: number): Promise<Transport> {
    const missing = [...topics].filter(([declaration]) => !declared[cluster]!.has(declaration));
    if (missing.length > 0) await clusters[cluster]!.declare(missing.map(([, topic]) => topic));
    for (const [declaration] of missing) declared[cluster]!.add(declaration);
    return clusters[cluster]!;
  }

  /** Whether it would publish: its broker answers for a topic, be it with a refusal. */
  async function answers(cluster: number): Promise<boolean> {
    try {
      const transport = await declareIn(cluster);
      const [topic] = topics.values();
      if (topic) await (await transport.producer(topic.name)).close();
      return true;
    } catch (error) {
      return !isUnreachable(error);
    }
  }

  function take(cluster: number): void {
    active = cluster;
    for (const follow of followers) follow();
    cancelProbe();
    if (active > 0 && !closed) probeLater(0);
  }

  /** Takes another cluster where that one doesn't answer and another does. */
  async function leave(cluster: number): Promise<void> {
    if (await answers(cluster)) return;
    for (let other = 0; other < clusters.length; other++) {
      if (other === cluster || !(await answers(other))) continue;
      if (active === cluster) take(other);
      return;
    }
  }

  function probeLater(good: number): void {
    cancelProbe = clock.after(probeEveryMs, () => void probe(good), { background: true });
  }

  /** Asks those that are preferred to the active one; `good` times in a row one of them has answered. */
  async function probe(good: number): Promise<void> {
    const from = active;
    let found = 0;
    while (found < from && !(await answers(found))) found++;
    if (closed || active !== from) return;
    if (found < from && good + 1 >= probesToReturn) take(found);
    else probeLater(found < from ? good + 1 : 0);
  }

  /** Does it in the active cluster, or in the one that is taken because it couldn't be done there. */
  async function attempt<T>(work: (cluster: number) => Promise<T>): Promise<T> {
    if (closed) throw new FivefoldError("closed", "The transport is closed: it takes no more calls.");
    const cluster = active;
    try {
      return await work(cluster);
    } catch (error) {
      if (!isUnreachable(error) || closed) throw error;
      if (active === cluster) {
        leaving ??= leave(cluster).finally(() => {
          leaving = undefined;
        });
        await leaving;
      }
      if (active === cluster) throw error;
      return work(active).catch((second: unknown) => {
        throw withFormer(second, error);
      });
    }
  }

  async function openProducer(topic: string): Promise<Producer> {
    const producers = new Map<number, Promise<Producer>>();

    function producerIn(cluster: number): Promise<Producer> {
      let producer = producers.get(cluster);
      if (!producer) {
        producer = declareIn(cluster).then((transport) => transport.producer(topic));
        producers.set(cluster, producer);
        producer.catch(() => producers.delete(cluster));
      }
      return producer;
    }

    /** What waits there for a connection is published elsewhere: closed, it is not sent late. */
    function endOthers(): void {
      for (const [cluster, producer] of producers) {
        if (cluster === active) continue;
        producers.delete(cluster);
        void producer.then((opened) => opened.close()).catch(() => {});
      }
    }

    await attempt(producerIn);
    followers.add(endOthers);
    return {
      publish(records, notBefore) {
        // Copied, since the caller may change them after its call, and they may be published a second time then.
        const copies = records.map((record) => ({ ...record, payload: record.payload.slice() }));
        let mayBeStored = false;
        return attempt(async (cluster) => {
          try {
            await (await producerIn(cluster)).publish(copies, notBefore);
          } catch (error) {
            // What one cluster surely has not, another may have.
            const failed = asFailed(error, mayBeStored);
            mayBeStored ||= failed.mayBeStored;
            throw failed;
          }
        });
      },
      async close() {
        followers.delete(endOthers);
        const opened = await Promise.allSettled(producers.values());
        await Promise.all(opened.map((one) => (one.status === "fulfilled" ? one.value.close() : undefined)));
      },
    };
  }

  async function openConsumer(topic: string, subscription: string, type: SubscriptionType): Promise<Consumer> {
    const subscribe = async (cluster: number): Promise<Served<Consumer>> => {
      const transport = await declareIn(cluster);
      return { cluster, by: await transport.subscribe(topic, subscription, type) };
    };
    let current = await attempt(subscribe);
    let isClosed = false;

    /** Ends what still waits in a cluster that was left. There, too, it has to subscribe anew. */
    function follow(): void {
      if (current.cluster === active) return;
      current = { ...current, cluster: NONE };
      void current.by.close().catch(() => {});
    }

    async function receiveIn(cluster: number, max: number): Promise<readonly Message[]> {
      if (current.cluster !== cluster) current = await subscribe(cluster);
      const { by } = current;
      // Meanwhile, when there was nothing here to end yet, another may have been taken, or this closed.
      follow();
      if (isClosed) await by.close();
      if (isClosed || cluster !== active) return [];
      const messages = await by.receive(max);
      return messages.map((message) => routed(message, by));
    }

    const fromCurrent = (messages: readonly Message[]) => groupByConsumer(messages).get(current.by) ?? [];

    followers.add(follow);
    return {
      async receive(max) {
        for (;;) {
          const messages = await attempt((cluster) => receiveIn(cluster, max));
          // It is empty, too, where its cluster was left.
          if (messages.length > 0 || isClosed || closed) return messages;
        }
      },
      async acknowledge(messages) {
        // What came from a cluster that was left comes again from there, and nobody should wait for it.
        const own = fromCurrent(messages);
        if (own.length > 0) await current.by.acknowledge(own);
      },
      negativeAcknowledge(messages, delayMs) {
        const own = fromCurrent(messages);
        if (own.length > 0) current.by.negativeAcknowledge(own, delayMs);
      },
      async close() {
        isClosed = true;
        followers.delete(follow);
        await current.by.close();
      },
    };
  }

  return {
    capabilities: clusters[0]!.capabilities,
    async declare(declarations) {
      for (const declaration of declarations) {
        const key = JSON.stringify(declaration);
        topics.set(key, declaration);
        // Declared before, it may have been removed since.
        for (const done of declared) done.delete(key);
      }
      await attempt(declareIn);
    },
    producer: openProducer,
    subscribe: openConsumer,
    backlog: (topic, subscription) =>
      attempt(async (cluster) => (await declareIn(cluster)).backlog(topic, subscription)),
    topics: (isWanted) => attempt(async (cluster) => (await declareIn(cluster)).topics(isWanted)),
    removeSubscription: (topic, subscription) =>
      attempt(async (cluster) => (await declareIn(cluster)).removeSubscription(topic, subscription)),
    async close() {
      closed = true;
      cancelProbe();
      await Promise.all(clusters.map((cluster) => cluster.close()));
    },
  };
}

/** What the cluster that was left may still store, the next one's refusal does not take back. */
function withFormer(error: unknown, former: unknown): unknown {
  const isKnown = error instanceof FivefoldError && !error.mayBeStored;
  if (!isKnown || !(former instanceof FivefoldError) || !former.mayBeStored) return error;
  const message = `${error.message} What was sent to the cluster before may still be stored.`;
  return new FivefoldError(error.code, message, { cause: error, mayBeStored: true });
}
