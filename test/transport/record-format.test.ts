import fc from "fast-check";
import { expect, test } from "vitest";
import { EntryReader, EntryWriter } from "../../runtime/adapters/embedded/topic/record-format.ts";
import { partitionOfKey } from "../../runtime/transport/key-partition.ts";
import { record } from "./records.ts";

function sampleEntry(): Buffer {
  const writer = new EntryWriter(16);
  for (let index = 0; index < 5; index++) {
    const key = `key-${index % 2}`;
    writer.add(record(`id-${index}`, { key, dedupeId: key, tenant: "t", payload: new Uint8Array(40).fill(index) }));
  }
  return Buffer.from(writer.finish());
}

test("an entry in which any byte was changed, or that was cut off anywhere, is recognised", () => {
  const entry = sampleEntry();
  expect(EntryReader.open(entry, 0, 0)).toBeInstanceOf(EntryReader);
  for (const index of entry.keys()) {
    const damaged = Buffer.from(entry);
    damaged[index]! ^= 0x41;
    expect(EntryReader.open(damaged, 0, 0), `byte ${index}`).toBe("damaged");
    expect(EntryReader.open(entry.subarray(0, index), 0, 0), `cut at ${index}`).toBe("damaged");
  }
});

test("bytes that are no entry are recognised", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      expect(EntryReader.open(Buffer.from(bytes), 0, 0)).toBe("damaged");
    }),
  );
});

test("an entry of a newer format says so", () => {
  const writer = new EntryWriter(16);
  writer.add(record("a"));
  const entry = Buffer.from(writer.finish());
  // A newer version, with a checksum that is right.
  const { crc32 } = process.getBuiltinModule("node:zlib");
  entry[0] = 3;
  entry.writeUInt32LE(crc32(entry.subarray(8), crc32(entry.subarray(0, 4))), 4);
  expect(EntryReader.open(entry, 0, 0)).toBe("newer");
});

test("records in a row take few bytes besides their payload", () => {
  const writer = new EntryWriter(1_024);
  const ids = Array.from({ length: 100 }, (_, index) => `0192f0c1a2b3c4d5e6f7g8${1_000 + index}`);
  for (const [index, id] of ids.entries()) {
    writer.add(record(id, { enqueuedAt: 1_790_000_000_000 + index, payload: new Uint8Array(100) }));
  }
  const perRecord = writer.finish().length / 100 - 100 - ids[0]!.length;
  expect(perRecord).toBeLessThan(6);
});

test("a key's partition is part of the format: it never changes", () => {
  const partitions = ["", "a", "b", "file-1", "file-2", "ключ", "\ud800"].map((key) => partitionOfKey(key, 16));
  expect(partitions).toMatchInlineSnapshot(`
    [
      11,
      3,
      2,
      7,
      13,
      8,
      14,
    ]
  `);
  expect(partitionOfKey("whatever", 1)).toBe(0);
});

test("keys spread evenly over partitions, short and similar ones too", () => {
  const families = [
    (index: number) => `${index}`,
    (index: number) => `file-${index}`,
    (index: number) => `u${index * 16}`,
  ];
  for (const keyOf of families) {
    const counts = new Array<number>(16).fill(0);
    for (let index = 0; index < 16_000; index++) counts[partitionOfKey(keyOf(index), 16)]! += 1;
    expect(Math.min(...counts)).toBeGreaterThan(850);
    expect(Math.max(...counts)).toBeLessThan(1_150);
  }
});

test("a record that can't be written leaves nothing behind, whichever part fails", () => {
  const good = (id: string) => record(id, { useCase: "greet", key: "k", tenant: "t", enqueuedAt: 1_000 });
  const odd = { useCase: "other", key: "x", tenant: "u", enqueuedAt: 5_000 };
  const failure = { reason: "attempts" as const, message: ["a", "b"] as never, subscription: "s", failedAt: 5 };
  const bad = [
    record("bad", { ...odd, failure }),
    record("bad", { ...odd, tenant: ["t"] as never }),
    record("bad", { ...odd, payload: undefined as never }),
  ];
  for (const broken of bad) {
    const writer = new EntryWriter(16);
    const expected = new EntryWriter(16);
    for (const id of ["a", "b"]) {
      writer.add(good(id));
      expected.add(good(id));
      expect(() => writer.add(broken)).toThrow();
    }
    expect(Buffer.from(writer.finish()).equals(expected.finish())).toBe(true);
  }
});
