import { expect, test } from "vitest";
import type { TaskRecord } from "../../../runtime/contract/contract.ts";
import { type Asked, createFrameReader, frameOf } from "../../../runtime/release/frames.ts";

const RECORD: Omit<TaskRecord, "payload"> = {
  ...{ id: "1", useCase: "note", version: 1, enqueuedAt: 1, dueAt: 0, key: "k", attempt: 1 },
  ...{ priority: "normal", tenant: "", dedupeId: "", traceparent: "", subscription: "" },
};

test("frames arrive whole, however they were cut on the way, and payloads as they were", () => {
  const payloads = [new Uint8Array(), Uint8Array.of(0, 255, 10), new Uint8Array(100_000).fill(7)];
  const sent = payloads.map((payload, number) => {
    return { kind: "run", number, subscriber: "default", record: { ...RECORD, payload } } as const satisfies Asked;
  });
  const bytes = Buffer.concat(sent.map(frameOf));
  for (const size of [1, 3, 5, 1_000, bytes.length]) {
    const read = createFrameReader<Asked>();
    const found: Asked[] = [];
    for (let at = 0; at < bytes.length; at += size) found.push(...read(bytes.subarray(at, at + size)));
    expect(found).toHaveLength(3);
    for (const [i, frame] of found.entries()) {
      expect(frame.kind === "run" && Buffer.compare(frame.record.payload, payloads[i]!)).toBe(0);
    }
  }
});

test("what is no frame is refused, before anything of that length is kept", () => {
  const read = createFrameReader();
  expect(() => read(Buffer.from([255, 255, 255, 255]))).toThrow("a frame of 4294967295 bytes");
  expect(() => createFrameReader()(Buffer.from([0, 0, 0, 1, 65]))).toThrow();
});
