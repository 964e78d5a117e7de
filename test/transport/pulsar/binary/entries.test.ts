import { deflateSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { METADATA, readEntry } from "../../../../runtime/adapters/pulsar/binary/batch-reader.ts";
import { BatchWriter } from "../../../../runtime/adapters/pulsar/binary/batch-writer.ts";
import { Entry } from "../../../../runtime/adapters/pulsar/binary/entry.ts";
import { encodeMessage } from "../../../../runtime/adapters/pulsar/binary/proto-message.ts";
import { messageOf, type PulsarMessage } from "../../../../runtime/adapters/pulsar/envelope.ts";
import { pulsarPartitionOf } from "../../../../runtime/adapters/pulsar/partitioned-producer.ts";
import { runs } from "../../../property-runs.ts";
import { record } from "../../records.ts";

const METADATA_OF = { producerName: "p", sequenceId: 0, publishTime: 1 };

function read(metadata: Parameters<typeof encodeMessage<typeof METADATA>>[1], payload: Buffer) {
  const found: { message: PulsarMessage; payload: Buffer }[] = [];
  const bytes = encodeMessage(METADATA, { ...METADATA_OF, ...metadata });
  readEntry(bytes, payload, (_, message, content) => found.push({ message, payload: Buffer.from(content) }));
  return found;
}

const text = fc.oneof(
  fc.string({ maxLength: 80 }),
  fc.string({ unit: "binary", maxLength: 80 }),
  fc.constant("\ud800\0"),
);
const anyRecord = fc
  .record({
    ...{ id: text, useCase: text, key: text, tenant: text, dedupeId: text, traceparent: text, subscription: text },
    ...{ version: fc.maxSafeNat(), enqueuedAt: fc.maxSafeNat(), dueAt: fc.maxSafeNat() },
    payload: fc.uint8Array({ maxLength: 300 }),
  })
  .map(({ id, ...parts }) => record(id, parts));

describe("a batch", () => {
  test("comes back as it was written, whatever was taken out of it", () => {
    fc.assert(
      fc.property(fc.array(anyRecord, { minLength: 1, maxLength: 12 }), fc.nat(11), (records, out) => {
        const writer = new BatchWriter();
        const ends = records.map((one) => {
          writer.add(one, 0);
          return writer.length;
        });
        const left = records.filter((_, index) => index !== out);
        if (out < records.length) writer.remove(ends[out - 1] ?? 0, ends[out]!);
        const found = read({ batchSize: left.length }, writer.bytes);
        expect(found.map(({ message }) => message)).toEqual(left.map((one) => messageOf(one)));
        expect(found.map(({ payload }) => [...payload])).toEqual(left.map(({ payload }) => [...payload]));
      }),
      runs(300),
    );
  });

  test("that is damaged is refused, or says something else, and that is all", () => {
    const writer = new BatchWriter();
    for (let index = 0; index < 3; index++)
      writer.add(record(`r${index}`, { key: "k", payload: new Uint8Array(9) }), 0);
    fc.assert(
      fc.property(fc.nat(writer.length - 1), fc.nat(255), fc.integer({ min: 0, max: 5 }), (place, byte, batchSize) => {
        const bytes = Buffer.from(writer.bytes);
        bytes[place] = byte;
        try {
          read({ batchSize }, bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
      runs(1_000),
    );
    expect(() => read({ batchSize: 4 }, writer.bytes)).toThrow("a batch of 4 ends after 3");
  });

  test("of another client may be compressed by any of Pulsar's ways", () => {
    const payload = Buffer.from("hello hello hello hello hello, and what is not hello");
    const of = (compression: number, bytes: Buffer) => () =>
      read({ compression, uncompressedBytes: payload.length }, bytes)[0]?.payload.toString();
    expect(of(2, deflateSync(payload))()).toBe(payload.toString());
    expect(of(3, zstdCompressSync(payload))()).toBe(payload.toString());
    // "hello " and 23 bytes from 6 before; then the rest as it is.
    const rest = payload.subarray(29);
    const lz4 = [
      Buffer.from([0x6f]),
      payload.subarray(0, 6),
      Buffer.from([6, 0, 4]),
      Buffer.from([0xf0, rest.length - 15]),
      rest,
    ];
    expect(of(1, Buffer.concat(lz4))()).toBe(payload.toString());
    const snappy = [Buffer.from([payload.length, 5 << 2]), payload.subarray(0, 6), Buffer.from([(22 << 2) | 2, 6, 0])];
    expect(of(4, Buffer.concat([...snappy, Buffer.from([(rest.length - 1) << 2]), rest]))()).toBe(payload.toString());
    expect(of(1, Buffer.from([0x0f, 9, 0, 0]))).toThrow("repeats what is not there");
    expect(of(2, payload)).toThrow("can't be uncompressed");
    expect(of(3, zstdCompressSync(Buffer.alloc(100)))).toThrow(/can't be uncompressed|once it is/);
    expect(of(9, payload)).toThrow("in the unknown way 9");
  });

  test("of garbage that is compressed is refused", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.nat(1_000),
        fc.uint8Array({ maxLength: 60 }),
        (compression, bytes, garbage) => {
          try {
            expect(read({ compression, uncompressedBytes: bytes }, Buffer.from(garbage))[0]!.payload).toHaveLength(
              bytes,
            );
          } catch (error) {
            expect(error).toBeInstanceOf(RangeError);
          }
        },
      ),
      runs(500),
    );
  });
});

describe("an entry", () => {
  const messageId = { ledgerId: 5, entryId: 7 };

  test("is acknowledged as a whole once all of it is, and before that by what is left", () => {
    const size = fc.integer({ min: 1, max: 200 });
    fc.assert(
      fc.property(size, fc.array(fc.nat(199), { maxLength: 60 }), (size, acknowledged) => {
        const entry = new Entry({ messageId, ackSet: [] }, size);
        const left = new Set(Array.from({ length: size }, (_, index) => index));
        for (const index of acknowledged.filter((one) => one < size)) {
          entry.acknowledge(index);
          left.delete(index);
        }
        expect(entry.left).toBe(left.size);
        const { ackSet, batchSize } = entry.settled;
        expect(batchSize).toBe(left.size === 0 ? undefined : size);
        if (left.size === 0) return;
        const again = new Entry({ messageId, ackSet }, size);
        expect(Array.from({ length: size }, (_, index) => again.has(index))).toEqual(
          Array.from({ length: size }, (_, index) => left.has(index)),
        );
        for (const index of left) again.acknowledge(index);
        expect(again.settled).toEqual(messageId);
      }),
      runs(300),
    );
  });
});

test("a key's partition is that of Pulsar's other clients", () => {
  // Murmur3_32Hash of Pulsar's own tests.
  expect(pulsarPartitionOf("k1", 2 ** 31)).toBe(2110152746);
  expect(pulsarPartitionOf("k2", 2 ** 31)).toBe(1479966664);
  expect(pulsarPartitionOf("key1", 2 ** 31)).toBe(462881061);
  expect(pulsarPartitionOf("key2", 2 ** 31)).toBe(1936800180);
  expect(pulsarPartitionOf("key01", 2 ** 31)).toBe(39696932);
  expect(pulsarPartitionOf("key02", 2 ** 31)).toBe(751761803);
});
