import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeCommand, encodeCommand } from "../../../../runtime/adapters/pulsar/binary/commands.ts";
import { crc32c } from "../../../../runtime/adapters/pulsar/binary/crc32c.ts";
import { createFrameReader, frameOf, headOf, openFrame } from "../../../../runtime/adapters/pulsar/binary/frames.ts";
import { runs } from "../../../property-runs.ts";

const MOST = 100_000;

function framesIn(chunks: readonly Buffer[]): Buffer[] {
  const frames: Buffer[] = [];
  const reader = createFrameReader(MOST, (frame) => frames.push(Buffer.from(frame)));
  for (const chunk of chunks) reader.push(chunk);
  return frames;
}

/** Cuts bytes at these places. */
function cutAt(bytes: Buffer, places: readonly number[]): Buffer[] {
  const sorted = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((one, other) => one - other);
  return [0, ...sorted].map((from, index) => bytes.subarray(from, sorted[index] ?? bytes.length));
}

function messageFrame(metadata: Buffer, payload: Buffer): Buffer {
  const command = encodeCommand("send", { producerId: 1, sequenceId: 2, messages: 3 });
  return Buffer.concat([headOf(command, metadata, payload), payload]);
}

/** What a damaged frame may do: be refused by a RangeError that says what was found. */
function refused(read: () => unknown): boolean {
  try {
    read();
    return false;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    expect(error.message.length).toBeGreaterThan(10);
    return true;
  }
}

describe("frames", () => {
  test("come whole, however what arrives is cut", () => {
    const body = fc.uint8Array({ minLength: 4, maxLength: 300 });
    fc.assert(
      fc.property(fc.array(body, { maxLength: 8 }), fc.array(fc.nat(5_000), { maxLength: 12 }), (bodies, places) => {
        const commands = bodies.map((bytes) => Buffer.from(bytes));
        const stream = Buffer.concat(commands.map(frameOf));
        expect(framesIn(cutAt(stream, places)).map((frame) => openFrame(frame).command)).toEqual(commands);
      }),
      runs(300),
    );
  });

  test("of messages hold metadata and payload, and a changed bit of them is found", () => {
    const bytes = fc.uint8Array({ maxLength: 200 }).map((part) => Buffer.from(part));
    fc.assert(
      fc.property(bytes, bytes, fc.nat(), (metadata, payload, place) => {
        const [frame] = framesIn([messageFrame(metadata, payload)]) as [Buffer];
        expect(openFrame(frame)).toMatchObject({ metadata, payload });
        // Behind the magic number and the checksum, all is summed.
        const from = 4 + openFrame(frame).command.length + 6;
        const bit = place % ((frame.length - from) * 8);
        frame[from + (bit >> 3)]! ^= 1 << (bit & 7);
        expect(refused(() => openFrame(frame))).toBe(true);
      }),
      runs(300),
    );
  });

  test("that can't be are refused before anything is kept for them", () => {
    const sized = (size: number) => Buffer.from(Uint32Array.of(size).buffer).swap32();
    for (const size of [0, 3, MOST + 20_000, 2 ** 31, 2 ** 32 - 1]) {
      expect(() => framesIn([sized(size)])).toThrow(/a frame says that it has \d+ bytes; 4 to \d+ are possible/);
    }
    expect(() => openFrame(Buffer.from([0, 0, 0, 9, 1]))).toThrow("a command of 9 bytes is in a frame of 5");
  });

  test("of garbage are refused, and never hang or crash", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 10 }), (chunks) => {
        refused(() => {
          for (const frame of framesIn(chunks.map((chunk) => Buffer.from(chunk)))) {
            decodeCommand(openFrame(frame).command);
          }
        });
      }),
      runs(500),
    );
  });

  test("whose command is damaged are refused, or say something else, and that is all", () => {
    const message = encodeCommand("message", {
      consumerId: 4,
      messageId: { ledgerId: 2 ** 40, entryId: 7, partition: 3 },
      redeliveries: 2,
      ackSet: [0xffff_ffff_ffff_ffffn, 5n],
    });
    fc.assert(
      fc.property(fc.nat(message.length - 1), fc.nat(255), fc.nat(message.length), (place, byte, length) => {
        const damaged = Buffer.from(message);
        damaged[place] = byte;
        refused(() => decodeCommand(damaged));
        refused(() => decodeCommand(message.subarray(0, length)));
      }),
      runs(1_000),
    );
  });
});

describe("commands", () => {
  test("come back as they were, the largest numbers and negative ones too", () => {
    const message = {
      name: "message",
      consumerId: Number.MAX_SAFE_INTEGER,
      messageId: { ledgerId: 2 ** 45 + 1, entryId: 0, partition: -1 },
      ackSet: [2n ** 64n - 1n, 0n, 1n],
    } as const;
    expect(decodeCommand(encodeCommand("message", message))).toEqual(message);
    const error = { requestId: -1, error: 3, message: "no — 不" };
    expect(decodeCommand(encodeCommand("error", error))).toEqual({ name: "error", ...error });
  });

  test("that are not known are passed over, and such fields too", () => {
    expect(decodeCommand(Buffer.from([0x08, 64]))).toBeUndefined();
    const ping = Buffer.concat([encodeCommand("ping", {}), Buffer.from([0x98, 0x06, 0x01])]);
    expect(decodeCommand(ping)).toEqual({ name: "ping" });
  });
});

test("checksums are CRC-32C's", () => {
  // RFC 3720, B.4.
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
  expect(crc32c(Uint8Array.from({ length: 32 }, (_, index) => index))).toBe(0x46dd794e);
  const bytes = Buffer.from("The quick brown fox jumps over the lazy dog");
  expect(crc32c(bytes.subarray(11), crc32c(bytes.subarray(0, 11)))).toBe(0x22620404);
});
