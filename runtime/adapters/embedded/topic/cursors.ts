import { Buffer } from "node:buffer";
import type { Chunk } from "../../../transport/offset-set.ts";
import { NOBODY, QUARANTINE } from "../../../transport/runs.ts";
import { leave, type SubscriptionState } from "../../../transport/subscription-state.ts";
import { storageCorrupt } from "../../storage-error.ts";
import type { Store } from "../lmdb/environment.ts";
import type { Log } from "./log.ts";
import type { CursorTables } from "./stores.ts";
import { decodeChunk, decodeSubscription, encodeChunk, encodeSubscription, revisionOf } from "./subscription-format.ts";

const REOPEN = "End all processes that use the data folder, and start them again: what is damaged is then made anew.";

interface Cached {
  revision: number;
  state: SubscriptionState;
}

/** A subscription's name, within its topic. */
export interface SubscriptionName {
  readonly topic: string;
  readonly subscription: string;
}

export type Cursors = ReturnType<typeof createCursors>;

/**
 * The states of subscriptions, shared by all processes: each change is one short transaction, so it sees all changes
 * before it. A state that this process knows already is not decoded again.
 */
export function createCursors(store: Store<CursorTables>, log: Pick<Log, "checkpoint">, folder: string) {
  const { subscriptions, openChunks, counters } = store.tables;
  const cache = new Map<string, Cached>();

  /** `undefined` where the subscription is not declared. */
  function load({ topic, subscription }: SubscriptionName): Cached | undefined {
    const key = [topic, subscription];
    const name = JSON.stringify(key);
    const known = cache.get(name);
    const stored = subscriptions.getBinaryFast(key);
    if (stored && known && known.revision === revisionOf(stored)) return known;
    const value = stored ? Buffer.from(stored.subarray(0, stored.length)) : log.checkpoint(topic, subscription);
    if (!value) return undefined;
    const state = decodeSubscription(value, (partition, index, revision): Chunk | undefined => {
      // Most of what another process' change left as it was need not be read again.
      const same = known?.state.partitions[partition]?.open.chunks.get(index);
      if (same?.bits && same.storedWith === revision) return same;
      const bits = openChunks.getBinary([topic, subscription, partition, index]);
      return bits && decodeChunk(Buffer.from(bits.buffer, bits.byteOffset, bits.length), revision);
    });
    if (!state) {
      throw storageCorrupt(
        folder,
        `the state of subscription '${subscription}' of topic '${topic}' cannot be read`,
        REOPEN,
      );
    }
    const loaded = { revision: revisionOf(value), state: stored ? state : withoutConsumers(state) };
    if (stored) cache.set(name, loaded);
    return loaded;
  }

  /** Stores what changed of what is open: a state says where it is. */
  function storeChunks({ topic, subscription }: SubscriptionName, state: SubscriptionState, revision: number): void {
    for (const [partition, { open }] of state.partitions.entries()) {
      for (const index of open.changed) {
        const key = [topic, subscription, partition, index];
        const chunk = open.chunks.get(index);
        if (!chunk?.bits) openChunks.removeSync(key);
        else {
          openChunks.putSync(key, encodeChunk(chunk.bits));
          chunk.storedWith = revision;
        }
      }
      open.changed.clear();
    }
  }

  function increment(counter: string): number {
    const value = (counters.get(counter) ?? 0) + 1;
    counters.putSync(counter, value);
    return value;
  }

  const cursors = {
    /** The state as it is now, to be read only; `undefined` where the subscription is not declared. */
    peek: (name: SubscriptionName): SubscriptionState | undefined => load(name)?.state,

    /** Changes a state; `undefined` where the subscription is not declared. */
    change<T>(name: SubscriptionName, change: (state: SubscriptionState) => T): T | undefined {
      const key = JSON.stringify([name.topic, name.subscription]);
      try {
        return store.transact(() => {
          const current = load(name);
          if (!current) return undefined;
          const result = change(current.state);
          const revision = current.revision + 1;
          storeChunks(name, current.state, revision);
          subscriptions.putSync([name.topic, name.subscription], encodeSubscription(current.state, revision, false));
          cache.set(key, { revision, state: current.state });
          return result;
        });
      } catch (error) {
        // The state in memory may have changed where the stored one did not.
        cache.delete(key);
        throw error;
      }
    },

    /** Forgets a subscription's state, unless somebody consumes it: then it answers false. */
    remove: (name: SubscriptionName): boolean =>
      store.transact(() => {
        if (load(name)?.state.consumers.length) return false;
        subscriptions.removeSync([name.topic, name.subscription]);
        cache.delete(JSON.stringify([name.topic, name.subscription]));
        return true;
      }),

    untilFree: store.untilFree,
    whenFree: store.whenFree,

    /** A number that nobody else has. */
    newId: (kind: "consumer" | "session"): number => store.transact(() => increment(kind)),

    /** Counts up whenever there may be something new to receive: what waiting processes look at. */
    news: (): number => counters.get("news") ?? 0,
    tellNews: (): number => store.transact(() => increment("news")),

    /** Every subscription that has a state here. */
    names: (): SubscriptionName[] =>
      [...subscriptions.getKeys({})].map(([topic, subscription]) => ({ topic: topic!, subscription: subscription! })),

    close: (): Promise<void> => store.close(),
  };
  return cursors;
}

/** A checkpoint is of another time: who consumed then is gone. */
function withoutConsumers(state: SubscriptionState): SubscriptionState {
  const holders = new Set(state.consumers.map(({ id }) => id));
  for (const { owner, pending } of state.partitions) {
    holders.add(owner);
    for (const { holder } of pending) holders.add(holder);
  }
  for (const id of holders) if (id !== NOBODY && id !== QUARANTINE) leave(state, id);
  return state;
}
