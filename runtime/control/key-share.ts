import { hash } from "node:crypto";

const RANGE = 2 ** 48;

/**
 * Where a key lies between 0 and 1, evenly over all keys and the same in every process. A share of 0.1 takes the keys below
 * 0.1: a larger share of the same `salt` keeps all keys that a smaller one had.
 */
export function placeOfKey(salt: string, key: string): number {
  return Number.parseInt(hash("sha1", `${salt}\n${key}`, "hex").slice(0, 12), 16) / RANGE;
}
