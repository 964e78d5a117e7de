import type { Json } from "../authoring/types.ts";
import { ScalarReader } from "./wire-scalars.ts";

/** Reads one message's fields, up to `end`. */
export type ReadMessage<T> = (reader: Reader, end: number) => T;

/** Reads one entry of a map, up to `end`, into the record. */
export type ReadEntry<R> = (reader: Reader, end: number, record: R) => void;

/** Where a message field starts that has not been met. */
export const ABSENT = -1;

/** How deep messages may nest, as in protobuf's own implementations. */
const MAX_DEPTH = 100;
const MIN_SECONDS = -62_135_596_800;
const MAX_SECONDS = 253_402_300_799;

/** Reads messages. On bytes that are none it throws an Error, and nothing else. */
export class Reader extends ScalarReader {
  /** The event version that wrote what is being read. */
  version = Infinity;
  private depth = 0;
  /** Starts of message fields that were met more than once. */
  private repeats: number[][] | undefined;

  decode<T>(bytes: Uint8Array, read: ReadMessage<T>, version: number, depth: number): T {
    this.open(bytes);
    this.version = version;
    this.depth = depth;
    this.repeats = undefined;
    const value = read(this, this.end);
    this.leave(this.end);
    return value;
  }

  /** A message at once: an element of a list. */
  message<T>(read: ReadMessage<T>): T {
    const outer = this.descend();
    const value = read(this, this.end);
    this.ascend(outer);
    return value;
  }

  /** An entry of a map. */
  entry<R>(record: R, read: ReadEntry<R>): void {
    const outer = this.descend();
    read(this, this.end, record);
    this.ascend(outer);
  }

  private descend(): number {
    const outer = this.end;
    this.end = this.enter();
    if (++this.depth > MAX_DEPTH) throw this.fault(`messages nest deeper than ${MAX_DEPTH} levels`);
    return outer;
  }

  private ascend(outer: number): void {
    this.leave(this.end);
    this.end = outer;
    this.depth--;
  }

  /**
   * Notes a message field and passes over it, to be read once all of its parent's fields are known: protobuf says that
   * a field met twice is one message, of both parts together. Takes and returns what the field's variable holds.
   */
  defer(previous: number): number {
    const at = this.pos;
    this.pos = this.enter();
    return previous === ABSENT ? at : this.repeat(previous, at);
  }

  private repeat(previous: number, at: number): number {
    this.repeats ??= [];
    if (previous >= 0) return ABSENT - this.repeats.push([previous, at]);
    this.repeats[ABSENT - previous - 1]!.push(at);
    return previous;
  }

  /** Reads a message field that was met. */
  deferred<T>(noted: number, read: ReadMessage<T>): T {
    if (noted < ABSENT) return new Reader().decode(this.joined(noted), read, this.version, this.depth + 1);
    const after = this.pos;
    this.pos = noted;
    const value = this.message(read);
    this.pos = after;
    return value;
  }

  private joined(noted: number): Uint8Array {
    const after = this.pos;
    const parts = this.repeats![ABSENT - noted - 1]!.map((at) => {
      this.pos = at;
      const end = this.enter();
      return this.buffer.subarray(this.pos, end);
    });
    this.pos = after;
    return Buffer.concat(parts);
  }

  /** Reads a message field that must have been met; `field` is its name in TypeScript. */
  required<T>(noted: number, field: string, read: ReadMessage<T>): T {
    return noted === ABSENT ? this.missing(field) : this.deferred(noted, read);
  }

  /** A google.protobuf.NullValue: whatever its number, it says one thing. */
  null(): null {
    this.varint64();
    return null;
  }

  /** A JSON value; no text at all is null. */
  json(): Json {
    const text = this.string();
    if (text === "") return null;
    try {
      return JSON.parse(text) as Json;
    } catch {
      throw this.fault(`the text of ${text.length} characters is no JSON`);
    }
  }

  /** A boolean of one value. */
  only<T extends boolean>(value: boolean, only: T): T {
    if (value !== only) throw this.fault(`found ${value} where only ${only} can be`);
    return only;
  }

  /** A union of which no variant was met, or one that this version of the event doesn't know. */
  noVariant(name: string): never {
    throw this.fault(`found no variant of ${name} that is known`);
  }

  missing(field: string): never {
    throw this.fault(`'${field}' is missing, and it is required`);
  }

  badTimestamp(): never {
    throw this.fault("found a timestamp that is not in the years 1 to 9999");
  }

  /** An enum's number for which this version of the event has no value. */
  unknownValue(name: string, number: number): never {
    throw this.fault(`${number} is the number of no value of ${name}`);
  }

  /** Passes over a field that this version of the event doesn't know. */
  skip(tag: number): void {
    switch (tag & 7) {
      case 0:
        this.varint64();
        break;
      case 1:
        this.pass(8);
        break;
      case 2:
        this.pos = this.enter();
        break;
      case 3:
        this.skipGroup(tag >>> 3);
        break;
      case 5:
        this.pass(4);
        break;
      default:
        throw this.fault(`found wire type ${tag & 7} where no such field can be`);
    }
  }

  private pass(bytes: number): void {
    if (this.pos + bytes > this.end) throw this.truncated();
    this.pos += bytes;
  }

  private skipGroup(number: number): void {
    if (++this.depth > MAX_DEPTH) throw this.fault(`groups nest deeper than ${MAX_DEPTH} levels`);
    for (;;) {
      if (this.pos >= this.end) throw this.truncated();
      const tag = this.tag();
      if ((tag & 7) !== 4) this.skip(tag);
      else if (tag >>> 3 === number) break;
      else throw this.fault(`group ${number} is closed as group ${tag >>> 3}`);
    }
    this.depth--;
  }
}

const reader = new Reader();

/** A google.protobuf.Timestamp. */
export function readTimestamp(reader: Reader, end: number): Date {
  let seconds = 0;
  let nanos = 0;
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag === 8) seconds = reader.int();
    else if (tag === 16) nanos = reader.int();
    else reader.skip(tag);
  }
  if (seconds < MIN_SECONDS || seconds > MAX_SECONDS || nanos < 0 || nanos > 999_999_999) reader.badTimestamp();
  // Finer than a millisecond, which a Date can't hold: what other producers may have written is cut off.
  return new Date(seconds * 1_000 + Math.floor(nanos / 1_000_000));
}

/**
 * Reads a message. Throws an Error that says what is wrong on bytes that are no such message. `version` is that of the
 * event that wrote them; default: the newest that the reading functions know.
 */
export function decodeMessage<T>(bytes: Uint8Array, read: ReadMessage<T>, version: number = Infinity): T {
  return reader.decode(bytes, read, version, 0);
}

/** A tuple without the optional elements at its end that are absent. */
export function trimTuple<T extends readonly unknown[]>(elements: T, least: number): T {
  const length = elements.findLastIndex((element) => element !== undefined) + 1;
  return elements.slice(0, Math.max(length, least)) as readonly unknown[] as T;
}

/** Sets a record's entry, whatever its key: a plain assignment to `__proto__` would set no entry. */
export function setEntry<T>(record: Record<string, T>, key: string, value: T): void {
  if (key === "__proto__") setProperty(record, key, value);
  else record[key] = value;
}

/** Gives an object a property of its own, whatever the prototype has under that name. */
export function setProperty(object: object, name: string, value: unknown): void {
  Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
}
