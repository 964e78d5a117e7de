import type { TaskRecord } from "../../runtime/contract/contract.ts";

/** A record of which a test cares about some parts only. */
export function record(id: string, parts: Partial<TaskRecord> = {}): TaskRecord {
  return {
    ...{ id, useCase: "test/use-case", version: 1, enqueuedAt: 1_790_000_000_000, dueAt: 0, key: "", attempt: 1 },
    ...{ priority: "normal", tenant: "", dedupeId: "", traceparent: "", subscription: "" },
    payload: new Uint8Array(0),
    ...parts,
  };
}

/** `count` records, with ids `prefix0`, `prefix1`, … */
export function records(count: number, prefix = "", parts: Partial<TaskRecord> = {}): TaskRecord[] {
  return Array.from({ length: count }, (_, index) => record(`${prefix}${index}`, parts));
}
