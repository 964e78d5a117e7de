import { carried } from "./envelope.ts";

/**
 * The partition of a key as Pulsar's clients choose it with the hashing scheme Murmur3_32: a key must have one partition,
 * whichever client publishes.
 */
export function pulsarPartitionOf(key: string, partitions: number): number {
  return (murmur3(Buffer.from(carried(key))) & 0x7fff_ffff) % partitions;
}

/** MurmurHash3 of 32 bits with the seed 0. */
function murmur3(bytes: Uint8Array): number {
  const { length } = bytes;
  const whole = length & ~3;
  let hash = 0;
  for (let at = 0; at < whole; at += 4) {
    const word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    hash ^= mixed(word);
    hash = (hash << 13) | (hash >>> 19);
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
  }
  let rest = 0;
  for (let at = length - 1; at >= whole; at--) rest = (rest << 8) | bytes[at]!;
  if (length > whole) hash ^= mixed(rest);
  hash ^= length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

function mixed(word: number): number {
  const scrambled = Math.imul(word, 0xcc9e2d51);
  return Math.imul((scrambled << 15) | (scrambled >>> 17), 0x1b873593);
}
