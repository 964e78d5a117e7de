import { hash } from "node:crypto";

/**
 * Whether a key is of the first `share` (0 to 1) of all keys. The same key always has the same place, so that a share which
 * grows keeps the keys that it had. `salt` tells apart what must not choose the same keys.
 */
export function isInShare(key: string, share: number, salt = ""): boolean {
  const place = Number.parseInt(hash("sha256", `${salt}\0${key}`, "hex").slice(0, 12), 16) / 16 ** 12;
  return place < share;
}
