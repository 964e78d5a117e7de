import { markDelete, type PartitionCursor } from "./subscription-state.ts";

/** What is known of a partition: how many records of each tenant wait there. */
interface Counted {
  lookedTo: number;
  head: number;
  count: number;
  readonly tenants: Map<string, number>;
}

/** What waits in partitions that are other consumers', by tenant: about, for it is counted anew when half of it is gone. */
export function createOthersBacklog() {
  const partitions = new Map<number, Counted>();

  return {
    /** All partitions that are followed, with how far each was looked at. */
    partitions: partitions as ReadonlyMap<number, { lookedTo: number; readonly head: number }>,

    follow(partition: number, cursor: PartitionCursor, head: number): void {
      const known = partitions.get(partition);
      const waiting = known ? cursor.open.size + Math.max(0, known.lookedTo - cursor.next) : 0;
      if (known && known.count <= 2 * waiting) known.head = head;
      else partitions.set(partition, { lookedTo: markDelete(cursor), head, count: 0, tenants: new Map() });
    },

    /** It is this consumer's now. */
    leave(partition: number): void {
      partitions.delete(partition);
    },

    add(partition: number, tenant: string): void {
      const known = partitions.get(partition)!;
      known.count += 1;
      known.tenants.set(tenant, (known.tenants.get(tenant) ?? 0) + 1);
    },

    count(tenant: string): number {
      let count = 0;
      for (const { tenants } of partitions.values()) count += tenants.get(tenant) ?? 0;
      return count;
    },
  };
}
