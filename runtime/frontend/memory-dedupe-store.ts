import type { DedupeRequest, DedupeStore } from "./dedupe-store.ts";

interface Entry {
  readonly id: string;
  readonly confirmed: boolean;
  readonly untilMs: number;
}

const keyOf = ({ useCase, dedupeId }: DedupeRequest): string => `${useCase}\n${dedupeId}`;

/** A dedupe store in this process's memory, for simulations and tests. */
export function createMemoryDedupeStore(): DedupeStore {
  const entries = new Map<string, Entry>();
  return {
    async reserve(requests, nowMs, leaseMs) {
      return requests.map((request) => {
        const found = entries.get(keyOf(request));
        if (found && found.untilMs > nowMs) {
          return found.confirmed ? { kind: "duplicate", id: found.id } : { kind: "pending" };
        }
        entries.set(keyOf(request), { id: request.id, confirmed: false, untilMs: nowMs + leaseMs });
        return { kind: "reserved" };
      });
    },
    async confirm(requests, untilMs) {
      for (const request of requests) entries.set(keyOf(request), { id: request.id, confirmed: true, untilMs });
    },
    async release(requests) {
      for (const request of requests) {
        if (entries.get(keyOf(request))?.id === request.id) entries.delete(keyOf(request));
      }
    },
    async sweep(nowMs) {
      let removed = 0;
      for (const [key, entry] of entries) {
        if (entry.untilMs <= nowMs) {
          entries.delete(key);
          removed++;
        }
      }
      return removed;
    },
    async close() {},
  };
}
