/** In the order of their numbers. Most are so already, and stay the same list. */
export function byNumber<T extends { readonly number: number }>(items: readonly T[]): readonly T[] {
  for (let i = 1; i < items.length; i++) {
    if (items[i - 1]!.number > items[i]!.number) return items.toSorted((a, b) => a.number - b.number);
  }
  return items;
}
