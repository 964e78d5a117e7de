/** Offsets that one chunk of a set covers. */
export const CHUNK_OFFSETS = 16_384;
const WORDS = CHUNK_OFFSETS / 32;

export interface Chunk {
  /** A bit for each offset; `undefined` where all of them are in the set. */
  bits: Uint32Array | undefined;
  count: number;
  /** Which change of the whole it was last stored with; `undefined` where it has changed since. */
  storedWith: number | undefined;
}

/**
 * A set of offsets for any mix of long runs and single ones: a bitmap in chunks, of which those take memory that hold some
 * of their offsets but not all.
 */
export class OffsetSet {
  readonly chunks = new Map<number, Chunk>();
  /** Indexes of chunks that changed, or are no more, since somebody cleared this. */
  readonly changed = new Set<number>();
  /** The chunks' indexes, sorted. */
  private order: number[] = [];
  size = 0;

  /** Takes a chunk as it was stored. */
  load(index: number, chunk: Chunk): void {
    this.chunks.set(index, chunk);
    this.order.push(index);
    this.size += chunk.count;
    if (chunk.storedWith === undefined) this.changed.add(index);
  }

  has(offset: number): boolean {
    const chunk = this.chunks.get(Math.floor(offset / CHUNK_OFFSETS));
    if (!chunk) return false;
    if (!chunk.bits) return true;
    const bit = offset % CHUNK_OFFSETS;
    return ((chunk.bits[bit >>> 5]! >>> (bit & 31)) & 1) === 1;
  }

  add(first: number, end: number): void {
    this.eachPart(first, end, (index, from, to) => {
      let chunk = this.chunks.get(index);
      if (!chunk) {
        const bits = to - from === CHUNK_OFFSETS ? undefined : new Uint32Array(WORDS);
        chunk = { bits, count: bits ? 0 : CHUNK_OFFSETS, storedWith: undefined };
        this.chunks.set(index, chunk);
        this.order.splice(this.rankOf(index), 0, index);
        if (!bits) {
          this.size += CHUNK_OFFSETS;
          this.changed.add(index);
        }
      }
      const { bits } = chunk;
      if (!bits) return;
      const before = chunk.count;
      for (let bit = from; bit < to; bit++) {
        const word = bit >>> 5;
        const mask = 1 << (bit & 31);
        if ((bits[word]! & mask) !== 0) continue;
        bits[word]! |= mask;
        chunk.count += 1;
      }
      if (chunk.count === before) return;
      this.size += chunk.count - before;
      chunk.storedWith = undefined;
      this.changed.add(index);
      if (chunk.count === CHUNK_OFFSETS) chunk.bits = undefined;
    });
  }

  delete(first: number, end: number): void {
    if (this.size === 0) return;
    this.eachPart(first, end, (index, from, to) => {
      const chunk = this.chunks.get(index);
      if (!chunk) return;
      const before = chunk.count;
      if (to - from === CHUNK_OFFSETS) chunk.count = 0;
      else {
        chunk.bits ??= new Uint32Array(WORDS).fill(0xffffffff);
        for (let bit = from; bit < to; bit++) {
          const word = bit >>> 5;
          const mask = 1 << (bit & 31);
          if ((chunk.bits[word]! & mask) === 0) continue;
          chunk.bits[word]! &= ~mask;
          chunk.count -= 1;
        }
      }
      if (chunk.count === before) return;
      this.size -= before - chunk.count;
      chunk.storedWith = undefined;
      this.changed.add(index);
      if (chunk.count > 0) return;
      this.chunks.delete(index);
      this.order.splice(this.rankOf(index), 1);
    });
  }

  /** The first offset from that one on; `undefined` where there is none. */
  next(from: number): number | undefined {
    for (let rank = this.rankOf(Math.floor(from / CHUNK_OFFSETS)); rank < this.order.length; rank++) {
      const index = this.order[rank]!;
      const { bits } = this.chunks.get(index)!;
      const start = index * CHUNK_OFFSETS;
      if (!bits) return Math.max(from, start);
      let bit = Math.max(from - start, 0);
      let word = bit >>> 5;
      let rest = bits[word]! & (0xffffffff << (bit & 31));
      while (rest === 0 && ++word < WORDS) rest = bits[word]!;
      if (rest === 0) continue;
      bit = 31 - Math.clz32(rest & -rest);
      return start + word * 32 + bit;
    }
    return undefined;
  }

  /** The end of the run that begins at an offset of the set, at most `limit`. */
  runEnd(offset: number, limit: number): number {
    let end = offset + 1;
    while (end < limit) {
      const chunk = this.chunks.get(Math.floor(end / CHUNK_OFFSETS));
      if (!chunk) return end;
      if (!chunk.bits) end = (Math.floor(end / CHUNK_OFFSETS) + 1) * CHUNK_OFFSETS;
      else if (this.has(end)) end += 1;
      else return end;
    }
    return limit;
  }

  /** Calls with each chunk, in order. */
  eachChunk(call: (index: number, chunk: Chunk) => void): void {
    for (const index of this.order) call(index, this.chunks.get(index)!);
  }

  /** Calls with each offset below `to` that another set does not have, in order. */
  eachMissing(other: OffsetSet, to: number, call: (offset: number) => void): void {
    this.eachChunk((index, { bits }) => {
      const theirs = other.chunks.get(index);
      if (theirs && !theirs.bits) return;
      const start = index * CHUNK_OFFSETS;
      for (let word = 0; word < WORDS && start + word * 32 < to; word++) {
        const own = bits ? bits[word]! : 0xffffffff;
        for (let rest = own & ~(theirs?.bits?.[word] ?? 0); rest !== 0; rest &= rest - 1) {
          const offset = start + word * 32 + 31 - Math.clz32(rest & -rest);
          if (offset < to) call(offset);
        }
      }
    });
  }

  /** Calls with each run that begins at `from` or later and below `to`, cut to them. */
  eachRun(from: number, to: number, call: (first: number, end: number) => void): void {
    for (let first = this.next(from); first !== undefined && first < to; ) {
      const end = this.runEnd(first, to);
      call(first, end);
      first = this.next(end);
    }
  }

  private rankOf(index: number): number {
    let low = 0;
    let high = this.order.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.order[middle]! >= index) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  private eachPart(first: number, end: number, call: (index: number, from: number, to: number) => void): void {
    for (let offset = first; offset < end; ) {
      const index = Math.floor(offset / CHUNK_OFFSETS);
      const start = index * CHUNK_OFFSETS;
      const to = Math.min(end - start, CHUNK_OFFSETS);
      call(index, offset - start, to);
      offset = start + to;
    }
  }
}
