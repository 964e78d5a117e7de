import { readFileSync } from "node:fs";
import avro from "avsc";
import protobuf from "protobufjs";
import { encode as encodeWebhook } from "../../generated/deliver-webhook/codec.ts";
import { toJson as webhookJson } from "../../generated/deliver-webhook/json.ts";
import { encode as encodeFile } from "../../generated/index-file/codec.ts";
import { toJson as fileJson } from "../../generated/index-file/json.ts";
import { encode as encodeOrder } from "../../generated/place-order/codec.ts";
import { toJson as orderJson } from "../../generated/place-order/json.ts";
import { encode as encodeEntry } from "../../generated/post-ledger-entry/codec.ts";
import { toJson as entryJson } from "../../generated/post-ledger-entry/json.ts";
import { encode as encodeReminder } from "../../generated/send-reminder/codec.ts";
import { toJson as reminderJson } from "../../generated/send-reminder/json.ts";
import { fingerprintOf } from "../../runtime/gateway/avro/avro-schema.ts";

/*
 * Events of this repository's examples, and how other programs write them: protobuf by protobufjs, Avro by avsc, each from
 * the contract alone.
 */

export interface Example {
  readonly event: object;
  readonly json: (event: never) => unknown;
  readonly encode: (event: never) => Uint8Array;
  /** The contract's file, without its end, and the message in it. */
  readonly contract: readonly [file: string, message: string];
  /** The event as protobufjs and avsc take it, where that differs. */
  readonly protobuf?: (event: never) => object;
  readonly avro?: (event: never) => object;
}

const timestamp = (date: Date) => {
  const seconds = Math.floor(date.getTime() / 1_000);
  return { seconds, nanos: (date.getTime() - seconds * 1_000) * 1e6 };
};

const symbolOf = (value: string) => value.replaceAll("-", "_");

interface Webhook {
  readonly body: Uint8Array;
  readonly receiver: { readonly behaviour: string };
}
interface File {
  readonly modifiedAt: Date;
}
interface Entry {
  readonly postedAt: Date;
}
interface Reminder {
  readonly remindAt: Date;
  readonly channel?: string;
}
interface Order {
  readonly country: string;
}

export const EXAMPLES: Readonly<Record<string, Example>> = {
  "deliver-webhook": {
    event: {
      webhookId: "w1",
      url: "https://example.org/hook",
      body: Uint8Array.of(0, 255, 128),
      receiver: { behaviour: "fails-first", failures: 2 },
    },
    json: webhookJson,
    encode: encodeWebhook,
    contract: ["deliver_webhook", "WebhookDue"],
    protobuf: ({ receiver, ...webhook }: Webhook) => ({
      ...webhook,
      receiver: {
        ...receiver,
        behaviour: `WEBHOOK_DUE_RECEIVER_BEHAVIOUR_${symbolOf(receiver.behaviour).toUpperCase()}`,
      },
    }),
    avro: ({ receiver, ...webhook }: Webhook) => ({
      ...webhook,
      body: Buffer.from(webhook.body),
      receiver: { ...receiver, behaviour: symbolOf(receiver.behaviour) },
    }),
  },
  "index-file": {
    event: { path: "a/b.ts", sizeBytes: 2 ** 40, modifiedAt: new Date("2026-11-30T08:00:00.123Z"), root: "" },
    json: fileJson,
    encode: encodeFile,
    contract: ["index_file", "FileFound"],
    protobuf: (file: File) => ({ ...file, modifiedAt: timestamp(file.modifiedAt) }),
    avro: (file: File) => ({ ...file, modifiedAt: file.modifiedAt.getTime() }),
  },
  "place-order": {
    event: {
      orderId: "2f1b7a52-6f0e-4c52-9a40-0a3c1f5f8f11",
      country: "DE",
      lines: [{ sku: "A-1", quantity: 2, unitPrice: 9.5 }],
      total: 19,
      gift: false,
    },
    json: orderJson,
    encode: encodeOrder,
    contract: ["place_order", "OrderPlaced"],
    protobuf: (order: Order) => ({ ...order, country: `ORDER_PLACED_COUNTRY_${order.country}` }),
  },
  "post-ledger-entry": {
    event: {
      account: "DE000001",
      sequence: 1,
      amountCents: -250,
      postedAt: new Date("1969-12-31T23:59:59.001Z"),
      labels: { b: "2", a: "1" },
    },
    json: entryJson,
    encode: encodeEntry,
    contract: ["post_ledger_entry", "EntryPosted"],
    protobuf: (entry: Entry) => ({ ...entry, postedAt: timestamp(entry.postedAt) }),
    avro: (entry: Entry) => ({ ...entry, postedAt: entry.postedAt.getTime() }),
  },
  "send-reminder": {
    event: {
      reminderId: "r1",
      userId: "ada",
      text: "Tea",
      remindAt: new Date("2026-11-30T08:00:00Z"),
      channel: "push",
    },
    json: reminderJson,
    encode: encodeReminder,
    contract: ["send_reminder", "ReminderSet"],
    protobuf: ({ channel, ...reminder }: Reminder) => ({
      ...reminder,
      remindAt: timestamp(reminder.remindAt),
      ...(channel !== undefined && { channel: `REMINDER_SET_CHANNEL_${channel.toUpperCase()}` }),
    }),
    avro: (reminder: Reminder) => ({ ...reminder, remindAt: reminder.remindAt.getTime() }),
  },
};

/** An event in all forms that the gateway takes, one and as a batch of one; and as it is stored. */
export interface Encodings {
  readonly json: string;
  readonly protobuf: Buffer;
  readonly delimited: Buffer;
  /** A single object. */
  readonly avro: Buffer;
  readonly container: Buffer;
  readonly canonical: Buffer;
}

export function encodings(example: Example, event: object = example.event): Encodings {
  const same = (event: object) => event;
  const { json, encode, protobuf: ofProtobuf = same, avro: ofAvro = same } = example;
  const { message, type, fingerprint } = contractOf(example);
  const foreign = message.fromObject(ofProtobuf(event as never));
  const datum = type.toBuffer(ofAvro(event as never));
  return {
    json: JSON.stringify(json(event as never)),
    protobuf: Buffer.from(message.encode(foreign).finish()),
    delimited: Buffer.from(message.encodeDelimited(foreign).finish()),
    avro: Buffer.concat([Buffer.from([0xc3, 0x01]), fingerprint, datum]),
    container: containerOf(type, [datum]),
    canonical: Buffer.from(encode(event as never)),
  };
}

const contracts = new Map<string, ReturnType<typeof readContract>>();

function contractOf({ contract: [file, message] }: Example) {
  const known = contracts.get(file) ?? readContract(file, message);
  contracts.set(file, known);
  return known;
}

function readContract(file: string, name: string) {
  const root = protobuf.Root.fromJSON(protobuf.common.get("google/protobuf/timestamp.proto") as protobuf.INamespace);
  protobuf.parse(readFileSync(`generated/contracts/${file}.proto`, "utf8"), root);
  const schema = JSON.parse(readFileSync(`generated/contracts/${file}.avsc`, "utf8"));
  return {
    message: root.lookupType(`fivefold.${file}.v1.${name}`),
    type: avro.Type.forSchema(schema),
    fingerprint: fingerprintOf(schema),
  };
}

/** An object container file of one block, its schema as avsc writes it. */
function containerOf(type: avro.Type, data: readonly Buffer[]): Buffer {
  const long = avro.Type.forSchema("long");
  const header = avro.Type.forSchema({ type: "map", values: "bytes" });
  const sync = Buffer.alloc(16, 7);
  const block = Buffer.concat(data);
  return Buffer.concat([
    Buffer.from("Obj\u0001"),
    header.toBuffer({ "avro.schema": Buffer.from(JSON.stringify(type.schema())), "avro.codec": Buffer.from("null") }),
    sync,
    long.toBuffer(data.length),
    long.toBuffer(block.length),
    block,
    sync,
  ]);
}
