/** Events of a simulation, in the order of their times: a binary heap. */
export function createEvents<T>() {
  const heap: { readonly at: number; readonly what: T }[] = [];

  function swap(a: number, b: number): void {
    [heap[a], heap[b]] = [heap[b]!, heap[a]!];
  }

  return {
    add(at: number, what: T): void {
      let i = heap.push({ at, what }) - 1;
      while (i > 0) {
        const parent = (i - 1) >> 1;
        if (heap[parent]!.at <= heap[i]!.at) return;
        swap(i, parent);
        i = parent;
      }
    },
    next(): { readonly at: number; readonly what: T } | undefined {
      const first = heap[0];
      const last = heap.pop();
      if (!first || !last || heap.length === 0) return first;
      heap[0] = last;
      for (let i = 0; ; ) {
        let child = 2 * i + 1;
        if (child >= heap.length) return first;
        if (child + 1 < heap.length && heap[child + 1]!.at < heap[child]!.at) child++;
        if (heap[i]!.at <= heap[child]!.at) return first;
        swap(i, child);
        i = child;
      }
    },
  };
}
