import { afterAll, beforeAll, expect, test } from "vitest";
import { sendReminder } from "../../generated/send-reminder/client.ts";
import { decode } from "../../generated/send-reminder/codec.ts";
import type { Connection } from "../../runtime/connection.ts";
import { InvalidEventError } from "../../runtime/contract/errors.ts";
import { connectMemory } from "../../runtime/testing/testing.ts";

let connection: Connection;
beforeAll(() => {
  connection = connectMemory();
});
afterAll(() => connection.close());

const REMINDER = { reminderId: "r1", userId: "u1", text: "Water the plants", remindAt: "2030-01-01T08:00:00Z" };

test("an event as JSON is stored as the same event is, and deduplicated with it", async () => {
  const receipt = await sendReminder.enqueueJson(REMINDER);
  expect(receipt.duplicate).toBe(false);
  const same = { ...REMINDER, remindAt: new Date(REMINDER.remindAt) };
  expect(await sendReminder.enqueue(same)).toEqual({ id: receipt.id, duplicate: true });
});

test("a worker reads the event that JSON held", async () => {
  const { transport } = connection.ports;
  const consumer = await transport.subscribe("send-reminder.high", "default", "shared");
  await sendReminder.enqueueJson({ ...REMINDER, reminderId: "r2", channel: "push" });
  const messages = await consumer.receive(10);
  await consumer.close();
  const event = decode(messages.at(-1)!.payload);
  expect(event).toEqual({ ...REMINDER, reminderId: "r2", channel: "push", remindAt: new Date(REMINDER.remindAt) });
});

test("what is none is refused and counted, with the places of all faults", async () => {
  const counts: number[] = [];
  const stop = connection.observe((_, { refused }) => counts.push(refused));
  const error: unknown = await sendReminder
    .enqueueJson({ ...REMINDER, remindAt: "tomorrow", text: "", channle: "push" })
    .catch((refusal: unknown) => refusal);
  stop();
  expect(error).toBeInstanceOf(InvalidEventError);
  expect((error as InvalidEventError).violations.map(({ path }) => path)).toEqual(["remindAt", "channle", "text"]);
  expect(counts).toEqual([1]);
});
