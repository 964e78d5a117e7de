/** Into how many partitions an ordered topic divides its keys: the most consumers that can share it. */
export const ORDERED_PARTITIONS = 16;

/**
 * The partition of a key. The hash (32-bit FNV-1a over UTF-16 code units, then murmur3's finaliser, because FNV's low
 * bits alone spread short keys badly) is part of the stored format: were it to change, a key's old and new records
 * could be consumed at once.
 */
export function partitionOfKey(key: string, partitions: number): number {
  if (partitions === 1) return 0;
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index++) hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) % partitions;
}
