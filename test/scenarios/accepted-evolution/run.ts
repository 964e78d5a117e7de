import assert from "node:assert/strict";
import { decode, encode } from "./generated/place-order/codec.ts";
import type { OrderPlaced } from "./generated/place-order/event.ts";
import { fromJson, toJson } from "./generated/place-order/json.ts";
import { validate } from "./generated/place-order/validate.ts";

/** An order "a" of two "s" from France, as all versions write it that have nothing more to say. */
const RECORD = Uint8Array.of(0x0a, 1, 0x61, 0x18, 2, 0x22, 5, 0x0a, 1, 0x73, 0x10, 2);

export default function run(): void {
  const lines = [{ article: "s", quantity: 2, discount: 0 }];
  const common = { id: "a", country: "france", lines, currency: "eur" } as const;
  // Version 1 required a comment and a gift, and left out what was empty or false.
  read(1, { ...common, note: "", gift: false });
  // To version 2 nothing meant that there is no comment, and that gift is null.
  read(2, { ...common, gift: null });
  // Now nothing means that there is neither, and a currency is always written.
  assert.throws(() => decode(RECORD, 3), /currency/);

  // JSON says all of that, by the names of its version.
  const sent = { id: "a", comment: "", country: "FR", lines: [{ sku: "s", quantity: 2 }], gift: false };
  assert.deepEqual(fromJson(sent), { ...common, note: "", gift: false });

  for (const event of [
    { ...common, note: "", gift: null },
    { ...common, gift: false, currency: "usd" },
    { ...common, lines: [{ article: "t".repeat(80), quantity: 99, discount: 5 }] },
  ] satisfies OrderPlaced[]) {
    assert.deepEqual(decode(encode(event), 3), event);
    assert.deepEqual(decode(encode(event)), event);
    assert.deepEqual(fromJson(toJson(event)), event);
  }
}

function read(version: number, event: OrderPlaced): void {
  const found = decode(RECORD, version);
  assert.deepEqual(found, event);
  assert.equal(validate(found), undefined);
}
