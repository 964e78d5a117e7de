import type { Clock } from "../../runtime/contract/clock.ts";
import type { Ports } from "../../runtime/ports/ports.ts";
import type { Consumer, Producer, Transport } from "../../runtime/transport/transport.ts";

/** How often a call fails, 0 to 1. */
export interface FaultRates {
  /** Before anything happened, and after it happened with the answer lost: half each. */
  readonly store: number;
}

/** A process of the simulated world: what runs in it ends, in the middle of anything, when it is killed. */
export interface SimulatedProcess {
  readonly ports: Ports;
  /** As SIGKILL: no callback of it runs any more, none of its calls has an effect, and its consumers are found dead. */
  kill(): Promise<void>;
}

class InjectedFault extends Error {}

/** Starts a process on the world's ports, whose calls fail at random while `rates().store` is above 0. */
export function createSimulatedProcess(world: Ports, rates: () => FaultRates): SimulatedProcess {
  let alive = true;
  const consumers = new Set<Consumer>();

  const clock: Clock = {
    ...world.clock,
    after: (delayMs, run, options) => world.clock.after(delayMs, () => alive && run(), options),
    soon: (run) => world.clock.soon(() => alive && run()),
  };

  function stopped<T>(): Promise<T> {
    return new Promise<T>(() => {});
  }

  async function faulty<T>(call: () => Promise<T>): Promise<T> {
    if (!alive) return stopped();
    const draw = world.clock.random();
    if (draw < rates().store / 2) throw new InjectedFault("injected before the call");
    const result = await call();
    if (!alive) return stopped();
    if (draw < rates().store) throw new InjectedFault("injected after the call: its answer is lost");
    return result;
  }

  const transport: Transport = {
    capabilities: world.transport.capabilities,
    declare: (topics) => world.transport.declare(topics),
    backlog: (topic, subscription) => world.transport.backlog(topic, subscription),
    topics: (isWanted) => world.transport.topics(isWanted),
    removeSubscription: (topic, subscription) => world.transport.removeSubscription(topic, subscription),
    close: async () => {},
    async producer(topic): Promise<Producer> {
      const producer = await world.transport.producer(topic);
      return { publish: (records) => faulty(() => producer.publish(records)), close: () => producer.close() };
    },
    async subscribe(topic, subscription, type): Promise<Consumer> {
      const consumer = await world.transport.subscribe(topic, subscription, type);
      consumers.add(consumer);
      return {
        async receive(max) {
          if (alive && world.clock.random() < rates().store) throw new InjectedFault("injected in receive");
          const messages = alive ? await consumer.receive(max) : await stopped<never>();
          return alive ? messages : stopped();
        },
        acknowledge: (messages) => faulty(() => consumer.acknowledge(messages)),
        negativeAcknowledge: (messages, delayMs) => consumer.negativeAcknowledge(messages, delayMs),
        close: () => consumer.close(),
      };
    },
  };

  const { delayStore, dedupeStore } = world;
  return {
    ports: {
      transport,
      clock,
      dedupeStore,
      delayStore: {
        horizonMs: delayStore.horizonMs,
        add: (delayed) => faulty(() => delayStore.add(delayed)),
        claimDue: (nowMs, max, leaseMs) => faulty(() => delayStore.claimDue(nowMs, max, leaseMs)),
        renew: (claims, untilMs) => faulty(() => delayStore.renew(claims, untilMs)),
        remove: (claims) => faulty(() => delayStore.remove(claims)),
        nextDueAt: () => faulty(() => delayStore.nextDueAt()),
        groups: () => delayStore.groups(),
        find: (id) => faulty(() => delayStore.find(id)),
        claimOf: (group, nowMs, max, leaseMs) => faulty(() => delayStore.claimOf(group, nowMs, max, leaseMs)),
        cancel: (task, tooLateMs) => faulty(() => delayStore.cancel(task, tooLateMs)),
        reschedule: (task, dueAt, tooLateMs) => faulty(() => delayStore.reschedule(task, dueAt, tooLateMs)),
        outdated: (tasks) => faulty(() => delayStore.outdated(tasks)),
        size: () => delayStore.size(),
        close: async () => {},
      },
    },
    async kill() {
      alive = false;
      await Promise.all([...consumers].map((consumer) => consumer.close()));
    },
  };
}
