import type { CommandValues, MESSAGE_ID } from "./commands.ts";
import type { Values } from "./proto-message.ts";

const WORD_BITS = 64;

/** What the broker delivers and keeps as one: a message, or a batch of them. One for each time that it comes. */
export class Entry {
  readonly id: string;
  readonly #ledgerId: number;
  readonly #entryId: number;
  readonly #partition: number | undefined;
  readonly #size: number;
  /** Bits that are set: messages of it that are not acknowledged. */
  readonly #words: Uint32Array;
  #left = 0;

  constructor({ messageId = {}, ackSet = [] }: Pick<CommandValues<"message">, "messageId" | "ackSet">, size: number) {
    const { ledgerId = -1, entryId = -1, partition } = messageId;
    this.id = `${ledgerId}:${entryId}:${partition ?? -1}`;
    this.#ledgerId = ledgerId;
    this.#entryId = entryId;
    this.#partition = partition;
    this.#size = size;
    this.#words = new Uint32Array(Math.ceil(size / WORD_BITS) * 2);
    for (let index = 0; index < size; index++) {
      const word = ackSet[Math.floor(index / WORD_BITS)];
      const isThere = ackSet.length === 0 || ((word ?? 0n) >> BigInt(index % WORD_BITS)) & 1n;
      if (!isThere) continue;
      this.#words[index >> 5]! |= 1 << (index & 31);
      this.#left += 1;
    }
  }

  /** Whether that message of it was not acknowledged, here or before it came. */
  has(index: number): boolean {
    return (this.#words[index >> 5]! & (1 << (index & 31))) !== 0;
  }

  acknowledge(index: number): void {
    if (!this.has(index)) return;
    this.#words[index >> 5]! &= ~(1 << (index & 31));
    this.#left -= 1;
  }

  /** How many messages of it are not acknowledged. */
  get left(): number {
    return this.#left;
  }

  /** What it is acknowledged by: all of it, or what of it is. */
  get settled(): Values<typeof MESSAGE_ID> {
    if (this.#left === 0) return this.whole;
    const ackSet: bigint[] = [];
    for (let word = 0; word < this.#words.length; word += 2) {
      ackSet.push((BigInt(this.#words[word + 1]!) << 32n) | BigInt(this.#words[word]!));
    }
    return { ...this.whole, ackSet, batchSize: this.#size };
  }

  get whole(): Values<typeof MESSAGE_ID> {
    return { ledgerId: this.#ledgerId, entryId: this.#entryId, partition: this.#partition };
  }
}
