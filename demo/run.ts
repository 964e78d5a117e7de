/* Compiles the example use cases, runs thousands of real events through the five layers, and says what came of them. */
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join, relative } from "node:path";
import pc from "picocolors";
import { filesBelow, ledgerEntries, orders, reminders, webhooks } from "./events.ts";
import {
  duplicates,
  type IndexedFile,
  percentiles,
  type Row,
  readOutbox,
  show,
  showBytes,
  showMs,
  table,
} from "./report.ts";

const root = join(import.meta.dirname, "..");
const folder = join(root, ".fivefold", "demo");
const outbox = join(folder, "outbox");
const REMINDERS_WITHIN_MS = 5_000;
const LIMIT_MS = 50_000;

process.chdir(root);
rmSync(folder, { recursive: true, force: true });
process.env.FIVEFOLD_OUTBOX = outbox;

function title(text: string): void {
  console.log(`\n${pc.bold(text)}`);
}

title("Compile");
const build = spawnSync(process.execPath, [join("cli", "main.js"), "build"], { stdio: "inherit" });
if (build.status !== 0) process.exit(1);

const { connect, DEAD_LETTER_SUBSCRIPTION, deadLetterTopicOf, FivefoldError, startWorker, topicOf } = await import(
  "fivefold/runtime"
);
const { deliverWebhook } = await import("../generated/deliver-webhook/client.ts");
const { indexFile } = await import("../generated/index-file/client.ts");
const { placeOrder } = await import("../generated/place-order/client.ts");
const { postLedgerEntry } = await import("../generated/post-ledger-entry/client.ts");
const { sendReminder } = await import("../generated/send-reminder/client.ts");
const names = ["deliver-webhook", "index-file", "place-order", "post-ledger-entry", "send-reminder"];
const executors = await Promise.all(
  names.map(async (name) => (await import(`../generated/${name}/executor.ts`)).executor),
);

const connection = await connect({ data: join(folder, "data") });
const latenciesMs = new Map<string, number[]>();
const worker = await startWorker({
  ports: connection.ports,
  executors,
  observe(pipeline, settled) {
    const now = Date.now();
    for (const { message, result } of settled) {
      if (result !== "done") continue;
      const values = latenciesMs.get(pipeline.useCase) ?? [];
      values.push(now - Math.max(message.dueAt, message.enqueuedAt));
      latenciesMs.set(pipeline.useCase, values);
    }
  },
});

title("Enqueue");
const startedAt = performance.now();
const accepted: Record<string, number> = {};
const offered: Record<string, number> = {};
let refusal = "";

function count(name: string, receipts: readonly { duplicate: boolean }[]): void {
  offered[name] = (offered[name] ?? 0) + receipts.length;
  accepted[name] = (accepted[name] ?? 0) + receipts.filter(({ duplicate }) => !duplicate).length;
}

const indexed = indexFile
  .enqueueAll(filesBelow("node_modules").map((file) => ({ ...file, path: relative(root, file.path) || file.path })))
  .then((receipts) => count("index-file", receipts));
const allReminders = reminders(300, REMINDERS_WITHIN_MS);
await Promise.all([
  indexed,
  ...allReminders.map(({ event, delayMs }) =>
    sendReminder.enqueue(event, { delay: `${delayMs}ms` }).then((receipt) => count("send-reminder", [receipt])),
  ),
  postLedgerEntry.enqueueAll(ledgerEntries(40, 25)).then((receipts) => count("post-ledger-entry", receipts)),
  placeOrder.enqueueAll(orders(500)).then((receipts) => count("place-order", receipts)),
  deliverWebhook.enqueueAll(webhooks(500)).then((receipts) => count("deliver-webhook", receipts)),
]);
count("send-reminder", [await sendReminder.enqueue(allReminders[0]!.event)]);
try {
  // What a service in JavaScript, or one that reads JSON, could do.
  await postLedgerEntry.enqueue(
    JSON.parse(`{"account":"DE1","sequence":0,"amountCents":12.5,"postedAt":"now","labels":{}}`),
  );
} catch (error) {
  if (!(error instanceof FivefoldError)) throw error;
  offered["post-ledger-entry"]! += 1;
  refusal = error.message;
}
const enqueuedMs = performance.now() - startedAt;
const total = Object.values(accepted).reduce((sum, value) => sum + value, 0);
console.log(`  ${show(total)} events accepted and on the disk in ${showMs(enqueuedMs)}`);
console.log(pc.dim(refusal.replaceAll(/^/gm, "  ")));

interface Ended {
  readonly done: number;
  readonly deadLettered: number;
}

function ended(): Record<string, Record<string, Ended>> {
  return Object.fromEntries(
    Object.entries(worker.counts()).map(([name, subscribers]) => [
      name,
      Object.fromEntries(Object.entries(subscribers).map(([subscriber, { delivery }]) => [subscriber, delivery])),
    ]),
  );
}

function open(): number {
  let left = 0;
  for (const [name, subscribers] of Object.entries(ended())) {
    for (const { done, deadLettered } of Object.values(subscribers)) left += accepted[name]! - done - deadLettered;
  }
  return left;
}

while (open() > 0 && performance.now() - startedAt < LIMIT_MS) {
  if (process.stdout.isTTY) process.stdout.write(`\r  ${show(open())} to go `);
  await new Promise((resolve) => setTimeout(resolve, 50));
}
if (process.stdout.isTTY) process.stdout.write("\r\x1b[K");
const ranMs = performance.now() - startedAt;

title("Layers: tasks in and out");
const rows: Row[] = [];
for (const [name, subscribers] of Object.entries(worker.counts())) {
  for (const [subscriber, { scheduler, flowControl, delivery }] of Object.entries(subscribers)) {
    rows.push([
      subscriber === "default" ? name : `${name} › ${subscriber}`,
      offered[name]!,
      accepted[name]!,
      scheduler.received,
      scheduler.delayed,
      flowControl.admitted,
      delivery.filtered,
      delivery.sent,
      delivery.retried,
      delivery.done - delivery.filtered,
      delivery.deadLettered,
    ]);
  }
}
console.log(
  table(
    ["", "offered", "accepted", "received", "delayed", "admitted", "filtered", "executed", "retried", "done", "dead"],
    rows,
  ),
);
const tries = rows.reduce((sum, row) => sum + Number(row[7]), 0);
console.log(
  `  ${show(tries)} handler runs in ${showMs(ranMs)}: ${show((tries / ranMs) * 1_000)} a second, real files read and hashed`,
);

title("Latency: from enqueue, or from due, to done");
console.log(
  table(
    ["", "p50", "p95", "p99", "max"],
    [...latenciesMs].sort().map(([name, values]) => [name, ...percentiles(values).map(showMs)]),
  ),
);

title("Dead letters");
const letters: { name: string; reason: string; message: string }[] = [];
for (const { settings } of executors) {
  for (const subscriber of settings.subscribers) {
    const topic = deadLetterTopicOf(topicOf(settings.name, settings.priority), subscriber.name);
    const waiting = await connection.ports.transport.backlog(topic, DEAD_LETTER_SUBSCRIPTION);
    if (waiting === 0) continue;
    const consumer = await connection.ports.transport.subscribe(topic, DEAD_LETTER_SUBSCRIPTION, "shared");
    for (let read = 0; read < waiting; ) {
      const messages = await consumer.receive(waiting);
      read += messages.length;
      for (const { failure } of messages) letters.push({ name: settings.name, ...failure! });
    }
    await consumer.close();
  }
}
const reasons = Map.groupBy(
  letters,
  ({ name, reason, message }) => `${name}: ${reason}, ${message.replaceAll(/'.*?'/g, "'…'")}`,
);
for (const [reason, ofReason] of [...reasons].sort()) console.log(`  ${show(ofReason.length).padStart(4)} × ${reason}`);

title("What the handlers found");
const files = [...new Map(readOutbox<IndexedFile>(outbox, "index.jsonl").map((file) => [file.path, file])).values()];
const types = [...Map.groupBy(files, ({ type }) => type)].sort(([, a], [, b]) => b.length - a.length).slice(0, 5);
const bytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
const lines = files.reduce((sum, file) => sum + (file.lines ?? 0), 0);
console.log(
  `  ${show(files.length)} files, ${showBytes(bytes)}, ${show(lines)} lines of text; most are ${types.map(([type, ofType]) => `${type} (${show(ofType.length)})`).join(", ")}`,
);
console.log("  largest duplicates:");
for (const { copies, wastedBytes, path } of duplicates(files).slice(0, 5)) {
  console.log(`    ${showBytes(wastedBytes).padStart(9)} in ${copies} copies of ${path}`);
}

const failures: string[] = [];
const sequences = new Map<string, number>();
for (const { account, sequence } of readOutbox<{ account: string; sequence: number }>(outbox, "ledger.jsonl")) {
  if (sequence !== (sequences.get(account) ?? 0) + 1)
    failures.push(`account ${account} posted entry ${sequence} out of order`);
  sequences.set(account, sequence);
}
const order = failures.length === 0 ? "every entry posted in its order" : `${failures.length} entries out of order`;
console.log(`  ${show(sequences.size)} accounts, ${order}`);
const lateness = readOutbox<{ latenessMs: number }>(outbox, "reminders.jsonl").map(({ latenessMs }) => latenessMs);
const [lateP50, , lateP99] = percentiles(lateness);
const early = lateness.filter((ms) => ms < 0).length;
const late = `late by ${showMs(lateP50)} (p50), ${showMs(lateP99)} (p99)`;
console.log(`  ${show(lateness.length)} reminders, ${early} early, ${late}`);
if (early > 0) failures.push(`${early} reminders were early`);

if (open() > 0)
  failures.push(`${open()} accepted tasks were neither done nor dead-lettered within ${LIMIT_MS / 1_000} s`);
await worker.drain();
for (const { settings } of executors) {
  for (const { name } of settings.subscribers) {
    const left = await connection.ports.transport.backlog(topicOf(settings.name, settings.priority), name);
    if (left > 0) failures.push(`${left} tasks are left in the topic of '${settings.name}' for '${name}'`);
  }
}
const delayed = await connection.ports.delayStore.size();
if (delayed > 0) failures.push(`${delayed} tasks are left in the delay store`);
await connection.close();

if (failures.length > 0) {
  for (const failure of failures) console.error(pc.red(`\n✗ ${failure}`));
  process.exitCode = 1;
} else {
  console.log(pc.green(`\n✓ Every accepted event was handled or is a dead letter with its reason.`));
}
