import type { PulsarMessage } from "../envelope.ts";
import { decompress } from "./decompress.ts";
import { decodeMessage, ProtoReader, type Shape } from "./proto-message.ts";

const SIZE_BYTES = 4;

/** Of PulsarApi.proto's MessageMetadata what is used. */
export const METADATA = {
  producerName: [1, "text"],
  sequenceId: [2, "int"],
  publishTime: [3, "int"],
  properties: [4, { name: [1, "text"], value: [2, "text"] }, "repeated"],
  key: [6, "text"],
  compression: [8, "int"],
  uncompressedBytes: [9, "int"],
  batchSize: [11, "int"],
  eventTime: [12, "int"],
  deliverAt: [19, "int"],
} as const satisfies Shape;

/** The fields of SingleMessageMetadata, and of its properties. */
const PROPERTIES = 1;
const KEY = 2;
const PAYLOAD_SIZE = 3;
const EVENT_TIME = 5;
const NAME = 1;
const VALUE = 2;

/** Reads the messages of an entry, which has one or a batch of them. Throws a RangeError where it is damaged. */
export function readEntry(
  metadata: Buffer,
  payload: Buffer,
  each: (index: number, message: PulsarMessage, payload: Buffer, batchSize: number) => void,
): void {
  const { properties = [], key = "", eventTime = 0, ...rest } = decodeMessage(METADATA, metadata);
  const content = decompress(rest.compression ?? 0, rest.uncompressedBytes ?? 0, payload);
  if (rest.batchSize === undefined) {
    const named = Object.fromEntries(properties.map(({ name = "", value = "" }) => [name, value]));
    each(0, { properties: named, key, eventTime }, content, 0);
    return;
  }
  const { batchSize } = rest;
  let at = 0;
  for (let index = 0; index < batchSize; index++) {
    if (at + SIZE_BYTES > content.length) throw new RangeError(`a batch of ${batchSize} ends after ${index}`);
    const end = at + SIZE_BYTES + content.readUInt32BE(at);
    if (end > content.length) throw new RangeError(`a message's metadata in a batch ends behind the batch`);
    const { message, payloadBytes } = readSingle(content, at + SIZE_BYTES, end);
    at = end + payloadBytes;
    if (payloadBytes < 0 || at > content.length) throw new RangeError("a message in a batch ends behind the batch");
    each(index, message, content.subarray(end, at), batchSize);
  }
}

function readSingle(bytes: Buffer, from: number, end: number): { message: PulsarMessage; payloadBytes: number } {
  const reader = new ProtoReader(bytes, from, end);
  const properties: Record<string, string> = {};
  let key = "";
  let eventTime = 0;
  let payloadBytes = 0;
  for (let number = reader.next(); number !== 0; number = reader.next()) {
    if (number === PROPERTIES && reader.isBytes) readProperty(reader, properties);
    else if (number === KEY && reader.isBytes) key = readText(reader, reader.endOfBytes());
    else if (number === PAYLOAD_SIZE && !reader.isBytes) payloadBytes = reader.int();
    else if (number === EVENT_TIME && !reader.isBytes) eventTime = reader.int();
    else reader.skip();
  }
  return { message: { properties, key, eventTime }, payloadBytes };
}

function readProperty(reader: ProtoReader, properties: Record<string, string>): void {
  const end = reader.endOfBytes();
  const inner = new ProtoReader(reader.bytes, reader.at, end);
  reader.at = end;
  let known: Known | undefined;
  let value = "";
  for (let number = inner.next(); number !== 0; number = inner.next()) {
    if (number === NAME && inner.isBytes) known = readName(inner, inner.endOfBytes());
    else if (number === VALUE && inner.isBytes) value = readValue(inner, inner.endOfBytes(), known);
    else inner.skip();
  }
  if (known) properties[known.name] = value;
}

function readText(reader: ProtoReader, end: number): string {
  const text = reader.bytes.toString("utf8", reader.at, end);
  reader.at = end;
  return text;
}

/** A property's name, and its last value, since records that come one after another share most. */
interface Known {
  readonly name: string;
  readonly nameBytes: Uint8Array;
  value: string;
  valueBytes: Uint8Array;
}

/** By a name's length and last byte; another client's names may be any, and are not kept. */
const known = new Map<number, Known[]>();
const MOST_KNOWN = 64;
let knownCount = 0;

function readName(reader: ProtoReader, end: number): Known {
  const { bytes, at } = reader;
  const hash = (end - at) * 256 + (end > at ? bytes[end - 1]! : 0);
  const alike = known.get(hash);
  const found = alike?.find(({ nameBytes }) => equals(nameBytes, bytes, at, end));
  reader.at = end;
  if (found) return found;
  const added = {
    name: bytes.toString("utf8", at, end),
    nameBytes: Uint8Array.prototype.slice.call(bytes, at, end),
    value: "",
    valueBytes: new Uint8Array(),
  };
  if (knownCount >= MOST_KNOWN) return added;
  knownCount += 1;
  if (alike) alike.push(added);
  else known.set(hash, [added]);
  return added;
}

function readValue(reader: ProtoReader, end: number, known: Known | undefined): string {
  const { bytes, at } = reader;
  if (known && equals(known.valueBytes, bytes, at, end)) {
    reader.at = end;
    return known.value;
  }
  const value = readText(reader, end);
  // What differs once often does again: only what may be the same is worth a copy.
  if (known && end - at <= MOST_KEPT && known.name !== "fivefold-id") {
    known.value = value;
    known.valueBytes = Uint8Array.prototype.slice.call(bytes, at, end);
  }
  return value;
}

const MOST_KEPT = 64;

function equals(one: Uint8Array, bytes: Buffer, from: number, to: number): boolean {
  if (one.length !== to - from) return false;
  for (let index = 0; index < one.length; index++) if (one[index] !== bytes[from + index]) return false;
  return true;
}
