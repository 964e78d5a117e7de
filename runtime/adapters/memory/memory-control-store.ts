import type { ControlEntry, ControlStore } from "../../control/control-store.ts";

/** A control store in this process's memory, for simulations and tests. */
export function createMemoryControlStore(): ControlStore {
  const entries = new Map<string, ControlEntry>();
  const watchers = new Set<() => void>();
  let lastRevision = 0;
  return {
    async list(prefix) {
      return [...entries.values()].filter(({ key }) => key.startsWith(prefix)).sort((a, b) => (a.key < b.key ? -1 : 1));
    },
    get: async (keys) => keys.flatMap((key) => entries.get(key) ?? []),
    async put(key, value, revision) {
      if ((entries.get(key)?.revision ?? 0) !== revision) return false;
      if (value === undefined) entries.delete(key);
      else entries.set(key, { key, value, revision: ++lastRevision });
      for (const changed of watchers) changed();
      return true;
    },
    watch(changed) {
      watchers.add(changed);
      return () => watchers.delete(changed);
    },
    async close() {},
  };
}
