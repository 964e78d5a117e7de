import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { Client, EnqueueOptions } from "fivefold/runtime";

const BATCH = 500;

export const ACCOUNTS = 200;
const ENTRIES_PER_ACCOUNT = 300;
const ORDERS = 15_000;
const FILES = 10_000;
const WEBHOOKS = 10_000;
const REMINDERS = 5_000;
/** From the load's start. */
const REMINDED_FROM_MS = 5_000;
const REMINDED_UNTIL_MS = 45_000;

/** What was enqueued, as far as the handlers' results can be held against it. */
export interface ExampleLoad {
  readonly events: number;
  /** Of each account, its entries are counted from 1 to this. */
  readonly entriesPerAccount: number;
  readonly orders: readonly string[];
  /** Of the orders, those that the filter of fraud review lets pass. */
  readonly suspicious: readonly string[];
  readonly files: number;
  /** Webhooks that get through, with the try that does. */
  readonly delivered: ReadonlyMap<string, number>;
  /** Webhooks that nobody can deliver, with the reason that they are given up for. */
  readonly undeliverable: ReadonlyMap<string, string>;
  readonly reminders: readonly string[];
  /** When the last of them is due, from the load's start: nothing is all handled before that. */
  readonly remindedUntilMs: number;
}

/** Enqueues 100,000 events of the example use cases with their generated clients, all at once. */
export async function enqueueExamples(root: string): Promise<ExampleLoad> {
  const startedAt = Date.now();
  const client = async (useCase: string, name: string) =>
    (await import(join(root, `generated/${useCase}/client.ts`)))[name] as Client<object>;
  const [ledger, order, index, webhook, reminder] = await Promise.all([
    client("post-ledger-entry", "postLedgerEntry"),
    client("place-order", "placeOrder"),
    client("index-file", "indexFile"),
    client("deliver-webhook", "deliverWebhook"),
    client("send-reminder", "sendReminder"),
  ]);

  const entries = Array.from({ length: ACCOUNTS * ENTRIES_PER_ACCOUNT }, (_, at) => ({
    account: accountName(at % ACCOUNTS),
    sequence: Math.floor(at / ACCOUNTS) + 1,
    amountCents: (at % 2_001) - 1_000,
    postedAt: new Date(startedAt),
    labels: { batch: String(at % 7) },
  }));
  const orders = Array.from({ length: ORDERS }, (_, at) => ({
    orderId: randomUUID(),
    country: "FR",
    lines: [{ sku: `sku-${at}`, quantity: 1, unitPrice: at % 2_000 }],
    total: at % 2_000,
    gift: at % 3 === 0,
  }));
  const files = Array.from({ length: FILES }, (_, at) => ({
    path: "generated/manifest.json",
    sizeBytes: at,
    modifiedAt: new Date(startedAt),
    root: `root-${at % 5}`,
  }));
  const webhooks = Array.from({ length: WEBHOOKS }, (_, at) => ({
    webhookId: `webhook-${at}`,
    url: "https://example.org/hook",
    body: new Uint8Array(at % 200),
    receiver: { behaviour: behaviourOf(at), failures: 1 },
  }));
  const reminders = Array.from({ length: REMINDERS }, (_, at) => ({
    reminderId: `reminder-${at}`,
    userId: `user-${at % 50}`,
    text: "Water the plants.",
    remindAt: new Date(
      startedAt + REMINDED_FROM_MS + Math.floor(((REMINDED_UNTIL_MS - REMINDED_FROM_MS) * at) / REMINDERS),
    ),
  }));

  await Promise.all([
    enqueueInOrder(reminder, reminders, ({ remindAt }) => ({ at: remindAt })),
    enqueueInOrder(ledger, entries),
    enqueueInOrder(order, orders),
    enqueueInOrder(index, files),
    enqueueInOrder(webhook, webhooks),
  ]);
  const through = webhooks.filter(({ receiver }) => !(receiver.behaviour in GIVEN_UP));
  const given = webhooks.filter(({ receiver }) => receiver.behaviour in GIVEN_UP);
  return {
    events: entries.length + orders.length + files.length + webhooks.length + reminders.length,
    entriesPerAccount: ENTRIES_PER_ACCOUNT,
    orders: orders.map(({ orderId }) => orderId),
    suspicious: orders.filter(({ total, gift }) => total >= 1_000 && !gift).map(({ orderId }) => orderId),
    files: FILES,
    delivered: new Map(
      through.map(({ webhookId, receiver }) => [webhookId, receiver.behaviour === "fails-first" ? 2 : 1]),
    ),
    undeliverable: new Map(given.map(({ webhookId, receiver }) => [webhookId, GIVEN_UP[receiver.behaviour] as string])),
    reminders: reminders.map(({ reminderId }) => reminderId),
    remindedUntilMs: REMINDED_UNTIL_MS,
  };
}

const GIVEN_UP: Readonly<Record<string, string>> = { gone: "rejected", down: "attempts" };

function behaviourOf(at: number): string {
  if (at % 20 === 7) return "gone";
  if (at % 50 === 11) return "down";
  return at % 10 === 3 ? "fails-first" : "fine";
}

export function accountName(at: number): string {
  return `FR${String(at).padStart(6, "0")}`;
}

/** One batch behind the other; calls of one turn of the event loop are stored together. */
async function enqueueInOrder<E extends object>(
  client: Client<object>,
  events: readonly E[],
  optionsOf?: (event: E) => EnqueueOptions,
): Promise<void> {
  for (let next = 0; next < events.length; next += BATCH) {
    const batch = events.slice(next, next + BATCH);
    await Promise.all(batch.map((event) => client.enqueue(event, optionsOf?.(event))));
  }
}
