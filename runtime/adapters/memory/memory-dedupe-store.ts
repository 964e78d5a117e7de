import type { DedupeRequest, DedupeStore, Reserved } from "../../frontend/dedupe-store.ts";

interface Entry {
  /** The task's id. */
  readonly id: string;
  /** The task's. */
  readonly content: string | undefined;
  /** The enqueue that holds it, or held it last. */
  readonly holder: string;
  readonly confirmed: boolean;
  /** When its lease ends; once it is confirmed, when it is forgotten. */
  readonly untilMs: number;
  /** When the task id of one that was not confirmed is forgotten. */
  readonly keptUntilMs: number;
}

const keyOf = ({ useCase, dedupeId }: Pick<DedupeRequest, "useCase" | "dedupeId">): string =>
  JSON.stringify([useCase, dedupeId]);

/** A dedupe store in this process's memory, for simulations and tests. */
export function createMemoryDedupeStore(): DedupeStore {
  const entries = new Map<string, Entry>();

  /** The caller's unconfirmed entry. */
  function heldBy(reserved: Reserved): Entry | undefined {
    const entry = entries.get(keyOf(reserved));
    return entry && !entry.confirmed && entry.holder === reserved.id ? entry : undefined;
  }

  return {
    async reserve(requests, nowMs, leaseMs, keepMs = leaseMs) {
      return requests.map((request) => {
        const key = keyOf(request);
        const found = entries.get(key);
        if (found && found.untilMs > nowMs) {
          const { id, content } = found;
          return found.confirmed ? { kind: "duplicate", id, content } : { kind: "pending" };
        }
        const holds = { holder: request.id, confirmed: false, untilMs: nowMs + leaseMs };
        if (found && !found.confirmed && found.keptUntilMs > nowMs) {
          entries.set(key, { ...found, ...holds });
          return { kind: "reserved", id: found.id, content: found.content };
        }
        entries.set(key, { ...holds, id: request.id, content: request.content, keptUntilMs: nowMs + keepMs });
        return { kind: "reserved" };
      });
    },
    async find(request, nowMs) {
      const found = entries.get(keyOf(request));
      return found?.confirmed && found.untilMs > nowMs ? found.id : undefined;
    },
    async renew(reserved, untilMs) {
      for (const one of reserved) {
        const entry = heldBy(one);
        if (entry) entries.set(keyOf(one), { ...entry, untilMs });
      }
    },
    async confirm(reserved, untilMs) {
      return reserved.map((one) => {
        const found = entries.get(keyOf(one));
        const holder = found?.holder ?? one.id;
        // What another task of this id was accepted as meanwhile stays.
        const { id, content } = found?.confirmed ? found : { id: one.task ?? one.id, content: one.content };
        entries.set(keyOf(one), { id, content, holder, confirmed: true, untilMs, keptUntilMs: 0 });
        return holder === one.id;
      });
    },
    async release(reserved) {
      for (const one of reserved) {
        const entry = heldBy(one);
        if (entry?.id === one.id) entries.delete(keyOf(one));
        else if (entry) entries.set(keyOf(one), { ...entry, untilMs: 0 });
      }
    },
    async sweep(nowMs) {
      let removed = 0;
      for (const [key, { untilMs, keptUntilMs }] of entries) {
        if (Math.max(untilMs, keptUntilMs) <= nowMs) {
          entries.delete(key);
          removed++;
        }
      }
      return removed;
    },
    async close() {},
  };
}
