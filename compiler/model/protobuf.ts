/*
 * Which field numbers the lock may hand out, as the lock and the emitters agree on it.
 */

/**
 * A field that messages with optional lists or maps have besides their own: the numbers of those that are there but
 * empty. Protobuf itself can't tell an empty list from an absent one, and TypeScript can.
 */
export const EMPTY_FIELDS_NUMBER = 18_999;

/**
 * A field that messages with fields that may be absent or null have besides their own: the numbers of those that are
 * null. Without, such a field reads as absent.
 */
export const NULL_FIELDS_NUMBER = 18_998;

/** The largest number of a field. */
export const MAX_FIELD_NUMBER = 2 ** 29 - 1;

/** Whether no field may have that number: ours, and those that protobuf keeps to itself. */
export function isReservedNumber(number: number): boolean {
  return number === EMPTY_FIELDS_NUMBER || number === NULL_FIELDS_NUMBER || (number >= 19_000 && number <= 19_999);
}

/** In the order of their numbers. Most are so already, and stay the same list. */
export function byNumber<T extends { readonly number: number }>(items: readonly T[]): readonly T[] {
  for (let i = 1; i < items.length; i++) {
    if (items[i - 1]!.number > items[i]!.number) return items.toSorted((a, b) => a.number - b.number);
  }
  return items;
}
