import { NEW_USE_CASE } from "../lock/lock.ts";
import { type LockedUseCase, readLock } from "../lock/lock-file.ts";
import { writeLock } from "../lock/write-lock.ts";
import type { Numbers } from "./event.ts";

/**
 * The lock's text with a use case more. `undefined`: the lock knows that use case already, and its numbers may be in
 * use. Throws a LockFault where the lock can't be followed.
 */
export function seedLock(text: string | undefined, name: string, numbers: Numbers): string | undefined {
  const lock = text === undefined ? new Map<string, LockedUseCase>() : readLock(text);
  return lock.has(name) ? undefined : writeLock(new Map([...lock, [name, { ...NEW_USE_CASE, ...numbers }]]));
}
