import { deepStrictEqual, equal } from "node:assert/strict";
import { decode, encode } from "./generated/store-document/codec.ts";
import type { DocumentStored } from "./generated/store-document/event.ts";
import { validate } from "./generated/store-document/validate.ts";

const DOCUMENT: DocumentStored = {
  id: "123e4567-e89b-12d3-a456-426614174000",
  body: { title: "é", pages: [1, 2.5, { last: true }], next: null },
  meta: { tags: ["a", []], empty: {} },
  drafts: [null, "", 0],
};

/** JSON comes back as it was, null and absent apart; what is no JSON is refused. */
export default function run(): void {
  for (const document of [DOCUMENT, { ...DOCUMENT, body: null, schema: null, drafts: [] }]) {
    equal(validate(document), undefined);
    deepStrictEqual(decode(encode(document)), document);
  }
  const faulty = { ...DOCUMENT, body: { at: new Date() }, meta: { a: undefined }, drafts: [1n] };
  deepStrictEqual(
    validate(faulty)?.map(({ path, found }) => `${path}: ${found}`),
    ["body: object", "meta.a: undefined", "drafts[0]: bigint 1"],
  );
}
