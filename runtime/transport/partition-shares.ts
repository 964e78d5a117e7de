import { NOBODY, QUARANTINE, type Run } from "./runs.ts";

/** What the shares look at of a partition. */
interface OwnedPartition {
  owner: number;
  readonly pending: readonly Run[];
}

/** Whether a consumer holds records of this partition, so that nobody else may have its others. */
function isBusy({ pending }: OwnedPartition): boolean {
  return pending.some(({ holder }) => holder !== NOBODY && holder !== QUARANTINE);
}

/**
 * Moves partitions towards even shares, and says which of them that consumer may take records from. A partition only
 * moves while nobody holds records of it; one that its owner has to give up gets no new deliveries until then.
 */
export function balance(
  partitions: readonly OwnedPartition[],
  consumers: readonly { readonly id: number }[],
  consumer: number,
): ReadonlySet<number> {
  const shareOf = (rank: number) =>
    Math.floor(partitions.length / consumers.length) + (rank < partitions.length % consumers.length ? 1 : 0);
  const share = new Map(consumers.map(({ id }, rank) => [id, shareOf(rank)]));
  const owned = new Map<number, number>();
  for (const { owner } of partitions) owned.set(owner, (owned.get(owner) ?? 0) + 1);
  const surplusOf = (id: number) => (owned.get(id) ?? 0) - (share.get(id) ?? 0);
  const give = (cursor: OwnedPartition, to: number) => {
    owned.set(cursor.owner, owned.get(cursor.owner)! - 1);
    owned.set(to, (owned.get(to) ?? 0) + 1);
    cursor.owner = to;
  };

  for (const cursor of partitions) {
    const mine = cursor.owner === consumer;
    if (isBusy(cursor)) continue;
    if (mine && surplusOf(consumer) > 0) give(cursor, NOBODY);
    else if (!mine && surplusOf(consumer) < 0 && (cursor.owner === NOBODY || surplusOf(cursor.owner) > 0)) {
      give(cursor, consumer);
    }
  }
  const mine = [...partitions.keys()].filter((index) => partitions[index]!.owner === consumer);
  return new Set(mine.slice(0, share.get(consumer) ?? 0));
}
