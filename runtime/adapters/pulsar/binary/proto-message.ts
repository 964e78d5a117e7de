/*
 * Protobuf messages by their shapes: the few that Pulsar's protocol is made of. What comes once a record is read and
 * written by batch-records.ts.
 */

/** What a field holds; `int` is any whole number that a double holds, `long` a bigint of 64 bits without sign. */
type Kind = "int" | "long" | "flag" | "text" | "bytes" | Shape;

/** A field's number, what it holds, and whether there may be several. */
type Field = readonly [number: number, kind: Kind, repeated?: "repeated"];

export interface Shape {
  readonly [name: string]: Field;
}

interface Held {
  readonly int: number;
  readonly long: bigint;
  readonly flag: boolean;
  readonly text: string;
  readonly bytes: Uint8Array;
}

type One<K> = K extends keyof Held ? Held[K] : K extends Shape ? Values<K> : never;

/** What a message of that shape holds; what is absent was left out. */
export type Values<S extends Shape> = {
  readonly [N in keyof S]?:
    | (S[N] extends readonly [number, infer K, "repeated"] ? readonly One<K>[] : One<S[N][1]>)
    | undefined;
};

const VARINT = 0;
const FIXED_64 = 1;
const BYTES = 2;
const FIXED_32 = 5;

export function encodeMessage<S extends Shape>(shape: S, values: Values<S>): Buffer {
  const parts: Uint8Array[] = [];
  for (const name in shape) {
    const [number, kind, repeated] = shape[name]!;
    const value: unknown = values[name];
    if (value === undefined) continue;
    for (const one of repeated ? (value as readonly unknown[]) : [value]) encodeField(number, kind, one, parts);
  }
  return Buffer.concat(parts);
}

function encodeField(number: number, kind: Kind, value: unknown, parts: Uint8Array[]): void {
  if (kind === "int" || kind === "long" || kind === "flag") {
    parts.push(varint(number * 8 + VARINT), varint(value as number | bigint | boolean));
    return;
  }
  const bytes =
    kind === "text"
      ? Buffer.from(value as string)
      : kind === "bytes"
        ? (value as Uint8Array)
        : encodeMessage(kind, value as Values<Shape>);
  parts.push(varint(number * 8 + BYTES), varint(bytes.length), bytes);
}

function varint(value: number | bigint | boolean): Uint8Array {
  const bytes: number[] = [];
  if (typeof value !== "number" || value < 0) {
    let rest = BigInt.asUintN(64, BigInt(value));
    for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
    bytes.push(Number(rest));
    return Uint8Array.from(bytes);
  }
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

/** Reads a message's fields, one after another. What the bytes can't be is a RangeError that says so. */
export class ProtoReader {
  readonly bytes: Buffer;
  at: number;
  readonly end: number;
  #wireType = VARINT;

  constructor(bytes: Buffer, at = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  /** The next field's number, whose value is then to be read or skipped; 0 at the end. */
  next(): number {
    if (this.at >= this.end) return 0;
    const tag = this.int();
    this.#wireType = tag % 8;
    const number = Math.floor(tag / 8);
    if (number < 1) throw new RangeError("a field has no number");
    return number;
  }

  get isBytes(): boolean {
    return this.#wireType === BYTES;
  }

  /** A varint as a signed number of 64 bits; one that a double can't hold is refused. */
  int(): number {
    let value = 0;
    let weight = 1;
    for (let count = 0; count < 7; count++) {
      const byte = this.#byte();
      value += (byte & 0x7f) * weight;
      if (byte < 0x80) return value;
      weight *= 128;
    }
    const wide = Number(BigInt.asIntN(64, this.#restOfLong(BigInt(value), 49n)));
    if (!Number.isSafeInteger(wide)) throw new RangeError("a number is larger than any that is expected");
    return wide;
  }

  /** A varint without sign. */
  long(): bigint {
    return this.#restOfLong(0n, 0n);
  }

  #restOfLong(start: bigint, from: bigint): bigint {
    let value = start;
    for (let shift = from; shift < 70n; shift += 7n) {
      const byte = this.#byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new RangeError("a number has more than ten bytes");
  }

  #byte(): number {
    if (this.at >= this.end) throw new RangeError("a field is cut off");
    return this.bytes[this.at++]!;
  }

  /** Where a field of bytes ends, whose first byte is the next to be read. */
  endOfBytes(): number {
    const length = this.int();
    const end = this.at + length;
    if (length < 0 || end > this.end) throw new RangeError("a field is cut off");
    return end;
  }

  skip(): void {
    if (this.#wireType === VARINT) this.long();
    else if (this.#wireType === BYTES) this.at = this.endOfBytes();
    else if (this.#wireType === FIXED_64) this.#skipBytes(8);
    else if (this.#wireType === FIXED_32) this.#skipBytes(4);
    else throw new RangeError(`a field has the unknown wire type ${this.#wireType}`);
  }

  #skipBytes(count: number): void {
    if (this.at + count > this.end) throw new RangeError("a field is cut off");
    this.at += count;
  }
}

/** The fields of each shape by their numbers, once it has been read. */
const known = new WeakMap<Shape, ReadonlyMap<number, { name: string; kind: Kind; repeated: boolean }>>();

function fieldsOf(shape: Shape) {
  let fields = known.get(shape);
  if (!fields) {
    fields = new Map(
      Object.entries(shape).map(([name, [number, kind, repeated]]) => [
        number,
        { name, kind, repeated: repeated !== undefined },
      ]),
    );
    known.set(shape, fields);
  }
  return fields;
}

/** Bytes among the values are views of what is read. Throws a RangeError where it is no such message. */
export function decodeMessage<S extends Shape>(shape: S, bytes: Buffer): Values<S> {
  return decodeFrom(shape, new ProtoReader(bytes)) as Values<S>;
}

function decodeFrom(shape: Shape, reader: ProtoReader): Record<string, unknown> {
  const fields = fieldsOf(shape);
  const values: Record<string, unknown> = {};
  for (let number = reader.next(); number !== 0; number = reader.next()) {
    const field = fields.get(number);
    if (!field || (typeof field.kind === "object" && !reader.isBytes)) {
      reader.skip();
      continue;
    }
    const { name, kind, repeated } = field;
    const isNumber = kind === "int" || kind === "long" || kind === "flag";
    if (!repeated) values[name] = decodeValue(kind, reader);
    else {
      values[name] ??= [];
      const list = values[name] as unknown[];
      // Several numbers may come as one field of bytes.
      if (isNumber && reader.isBytes) {
        const end = reader.endOfBytes();
        while (reader.at < end) list.push(decodeValue(kind, reader, true));
      } else list.push(decodeValue(kind, reader));
    }
  }
  return values;
}

function decodeValue(kind: Kind, reader: ProtoReader, packed = false): unknown {
  const isNumber = kind === "int" || kind === "long" || kind === "flag";
  if (!packed && isNumber === reader.isBytes) throw new RangeError("a field is of another type than its own");
  if (kind === "int") return reader.int();
  if (kind === "long") return reader.long();
  if (kind === "flag") return reader.long() !== 0n;
  const end = reader.endOfBytes();
  const { bytes, at } = reader;
  reader.at = end;
  if (kind === "text") return bytes.toString("utf8", at, end);
  if (kind === "bytes") return bytes.subarray(at, end);
  return decodeFrom(kind, new ProtoReader(bytes, at, end));
}
