const FIRST_CAPACITY = 8;
const NONE = new Float64Array(0);

/** Offsets in their order, eight bytes each, taken from the front. With `tagged`, each has a text. */
export class OffsetQueue {
  private offsets: Float64Array = NONE;
  private tags: string[] | undefined;
  private head = 0;
  length = 0;

  constructor(tagged: boolean) {
    if (tagged) this.tags = [];
  }

  /** The text of the first one. */
  get firstTag(): string {
    return this.tags![this.head]!;
  }

  /** Adds an offset at its place. False where it is there already. */
  add(offset: number, tag: string): boolean {
    let place = this.length;
    if (place > 0 && this.offsets[this.head + place - 1]! > offset) place = this.before(offset, place);
    if (place > 0 && this.offsets[this.head + place - 1] === offset) return false;
    if (place === 0 && this.head > 0 && this.length > 0) {
      this.head -= 1;
      this.length += 1;
      this.set(this.head, offset, tag);
      return true;
    }
    if (this.head + this.length === this.offsets.length) this.makeRoom();
    const at = this.head + place;
    this.offsets.copyWithin(at + 1, at, this.head + this.length);
    if (place < this.length) this.tags?.splice(at, 0, tag);
    this.length += 1;
    this.set(at, offset, tag);
    return true;
  }

  eachTag(visit: (tag: string) => void): void {
    for (let at = this.head; at < this.head + this.length; at++) visit(this.tags![at]!);
  }

  /** Takes the first one out. */
  take(): number {
    const offset = this.offsets[this.head]!;
    this.head += 1;
    this.length -= 1;
    if (this.length === 0) this.clear();
    return offset;
  }

  clear(): void {
    this.head = 0;
    this.length = 0;
    if (this.offsets.length > 1_024) this.offsets = NONE;
    if (this.tags) this.tags = [];
  }

  private set(at: number, offset: number, tag: string): void {
    this.offsets[at] = offset;
    if (this.tags) this.tags[at] = tag;
  }

  /** How many of the first `count` are not above an offset, given that the last one is. */
  private before(offset: number, count: number): number {
    let low = 0;
    let high = count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.offsets[this.head + middle]! > offset) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** Leaves some room in front where something was taken: what comes back comes there. */
  private makeRoom(): void {
    const { head, length } = this;
    const front = Math.min(head, FIRST_CAPACITY);
    const grown = new Float64Array(front + Math.max(FIRST_CAPACITY, 2 * length));
    grown.set(this.offsets.subarray(head, head + length), front);
    this.offsets = grown;
    if (this.tags) this.tags = [...Array<string>(front).fill(""), ...this.tags.slice(head, head + length)];
    this.head = front;
  }
}
