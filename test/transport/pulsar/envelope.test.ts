import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { messageOf, recordOf } from "../../../runtime/adapters/pulsar/envelope.ts";
import type { TaskRecord } from "../../../runtime/contract/contract.ts";
import { record } from "../records.ts";

const PAYLOAD = Uint8Array.from([1, 2, 3]);

/** Any text at all, halves of surrogate pairs and NUL included. */
const text = fc
  .array(fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.constantFrom(0, 0xd800, 0xdfff)), { maxLength: 8 })
  .map((units) => String.fromCharCode(...units));
const count = fc.maxSafeNat();

const anyRecord: fc.Arbitrary<TaskRecord> = fc.record({
  ...{ id: text, useCase: text, key: text, tenant: text, dedupeId: text, traceparent: text, subscription: text },
  ...{ version: count, enqueuedAt: count, dueAt: count, attempt: count },
  priority: fc.constantFrom("high", "normal", "low"),
  payload: fc.constant(PAYLOAD),
  failure: fc.option(
    fc.record({ reason: fc.constantFrom("rejected", "deadline"), message: text, subscription: text, failedAt: count }),
    { nil: undefined },
  ),
});

describe("the envelope as a Pulsar message", () => {
  test("comes back as it was, and is made of what UTF-8 and C's strings can carry", () => {
    fc.assert(
      fc.property(anyRecord, (sent) => {
        const message = messageOf(sent);
        for (const part of [message.key, ...Object.entries(message.properties).flat()]) {
          expect(part.isWellFormed() && !part.includes("\0")).toBe(true);
        }
        expect(recordOf(message, PAYLOAD, "5:0")).toEqual({ ...sent, position: "5:0" });
      }),
      { numRuns: 2_000 },
    );
  });

  test("has documented names, and leaves out what is usual", () => {
    const plain = record("a", { useCase: "send-mail", version: 3, enqueuedAt: 1_790_000_000_000 });
    expect(messageOf(plain)).toEqual({
      properties: { "fivefold-id": "a", "fivefold-use-case": "send-mail", "fivefold-version": "3" },
      key: "",
      eventTime: 1_790_000_000_000,
    });
    const full = record("b", {
      ...{ key: "k", dueAt: 7, attempt: 2, priority: "high", tenant: "t", dedupeId: "d", subscription: "mail" },
      traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
      failure: { reason: "rejected", message: "no", subscription: "mail", failedAt: 9 },
    });
    expect(messageOf(full).properties).toEqual({
      "fivefold-id": "b",
      "fivefold-use-case": "test/use-case",
      "fivefold-version": "1",
      "fivefold-due-at": "7",
      "fivefold-attempt": "2",
      "fivefold-priority": "high",
      "fivefold-tenant": "t",
      "fivefold-dedupe-id": "d",
      "fivefold-subscription": "mail",
      "fivefold-failure-reason": "rejected",
      "fivefold-failure-message": "no",
      "fivefold-failure-subscription": "mail",
      "fivefold-failed-at": "9",
      traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    });
  });

  test("what another client published is a record too, whatever its properties say", () => {
    const found = recordOf({ properties: {}, key: "k", eventTime: 5 }, PAYLOAD, "12:7");
    expect(found).toMatchObject({ id: "12:7", useCase: "", version: 1, enqueuedAt: 5, attempt: 1, key: "k" });
    const names = Object.keys(messageOf(record("x", { attempt: 2, dueAt: 1, enqueuedAt: 0, tenant: "\0" })).properties);
    const values = fc.oneof(text, fc.constantFrom("-1", "1e3", "9007199254740993", "null", "[]", '{"key":5}', "{"));
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names), values), text, (properties, key) => {
        const { version, enqueuedAt, dueAt, attempt, priority } = recordOf(
          { properties, key, eventTime: 0 },
          PAYLOAD,
          "1:1",
        );
        for (const number of [version, enqueuedAt, dueAt, attempt]) {
          expect(Number.isSafeInteger(number) && number >= 0).toBe(true);
        }
        expect(["high", "normal", "low"]).toContain(priority);
      }),
    );
  });
});
