import { randomUUID } from "node:crypto";
import { readdirSync, statSync } from "node:fs";
import { join, relative, sep } from "node:path";
import type { WebhookDue } from "../generated/deliver-webhook/event.ts";
import type { FileFound } from "../generated/index-file/event.ts";
import type { OrderPlaced } from "../generated/place-order/event.ts";
import type { EntryPosted } from "../generated/post-ledger-entry/event.ts";
import type { ReminderSet } from "../generated/send-reminder/event.ts";

/** An event for every file below a folder. */
export function filesBelow(folder: string): FileFound[] {
  const files: FileFound[] = [];
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const { size, mtime } = statSync(path);
    const [root = "."] = relative(folder, path).split(sep);
    files.push({ path, sizeBytes: size, modifiedAt: mtime, root });
  }
  return files;
}

/** Reminders for the next few seconds, each with the delay to enqueue it with. */
export function reminders(count: number, withinMs: number): { event: ReminderSet; delayMs: number }[] {
  return Array.from({ length: count }, (_, i) => {
    const delayMs = 500 + Math.round((i / count) * (withinMs - 500));
    const event: ReminderSet = {
      reminderId: `reminder-${i}`,
      userId: `user-${i % 17}`,
      text: `Stand up and stretch, number ${i}`,
      remindAt: new Date(Date.now() + delayMs),
      ...(i % 3 === 0 ? { channel: "push" as const } : {}),
    };
    return { event, delayMs };
  });
}

/** Entries of several accounts, mixed, each account's in its order. */
export function ledgerEntries(accounts: number, each: number): EntryPosted[] {
  const entries: EntryPosted[] = [];
  for (let sequence = 1; sequence <= each; sequence++) {
    for (let account = 0; account < accounts; account++) {
      entries.push({
        account: `DE${String(account).padStart(6, "0")}`,
        sequence,
        amountCents: (sequence % 2 === 0 ? -1 : 1) * sequence * 100,
        postedAt: new Date(),
        labels: { batch: "demo" },
      });
    }
  }
  return entries;
}

export function orders(count: number): OrderPlaced[] {
  const countries = ["DE", "FR", "US", "JP"] as const;
  return Array.from({ length: count }, (_, i) => {
    const lines = Array.from({ length: 1 + (i % 4) }, (_, line) => ({
      sku: `sku-${line}`,
      quantity: 1 + (i % 3),
      unitPrice: 19.5 * (1 + (i % 20)),
    }));
    const total = lines.reduce((sum, { quantity, unitPrice }) => sum + quantity * unitPrice, 0);
    return { orderId: randomUUID(), country: countries[i % 4]!, lines, total, gift: i % 5 === 0 };
  });
}

/** Webhooks whose receivers are mostly fine, sometimes busy or failing at first, and now and then beyond help. */
export function webhooks(count: number): WebhookDue[] {
  return Array.from({ length: count }, (_, i) => {
    const behaviour =
      i % 50 === 7 ? "gone" : i % 50 === 31 ? "down" : i % 10 === 3 ? "busy" : i % 7 === 2 ? "fails-first" : "fine";
    return {
      webhookId: `webhook-${i}`,
      url: `https://customer-${i % 9}.example/hooks`,
      body: Buffer.from(JSON.stringify({ number: i })),
      receiver: { behaviour, failures: 1 + (i % 2) },
    };
  });
}
