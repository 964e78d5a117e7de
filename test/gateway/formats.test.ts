import avro from "avsc";
import { expect, test } from "vitest";
import { avroFormat } from "../../runtime/gateway/avro/avro-format.ts";
import { type AvroSchema, canonicalForm, fingerprintOf } from "../../runtime/gateway/avro/avro-schema.ts";
import { randomNumbers } from "../random-numbers.ts";
import { EXAMPLES, encodings } from "./examples.ts";
import { serve } from "./served.ts";

test("fingerprints are those that Avro's specification gives", () => {
  // From share/test/data/schema-tests.txt of Apache Avro.
  const known: [AvroSchema, bigint][] = [
    ["null", 7195948357588979594n],
    [{ type: "boolean" }, -6970731678124411036n],
    ["int", 8247732601305521295n],
    ["long", -3434872931120570953n],
    ["double", -8181574048448539266n],
    ["bytes", 5746618253357095269n],
    ["string", -8142146995180207161n],
    ["float", 5583340709985441680n],
  ];
  for (const [schema, fingerprint] of known) expect(fingerprintOf(schema).readBigInt64LE()).toBe(fingerprint);
});

test("a schema's canonical form is that of its meaning", () => {
  const schema: AvroSchema = {
    type: "record",
    name: "A",
    namespace: "x.y",
    fields: [
      { name: "self", type: ["null", "A"] },
      { name: "e", type: { type: "enum", name: "other.E", symbols: ["a"] } },
      { name: "l", type: { type: "array", items: { type: "long", logicalType: "timestamp-millis" } } },
      { name: "m", type: { type: "map", values: { type: "string" } } },
    ],
  };
  expect(canonicalForm(schema)).toBe(
    '{"name":"x.y.A","type":"record","fields":[{"name":"self","type":["null","x.y.A"]},' +
      '{"name":"e","type":{"name":"other.E","type":"enum","symbols":["a"]}},' +
      '{"name":"l","type":{"type":"array","items":"long"}},{"name":"m","type":{"type":"map","values":"string"}}]}',
  );
  // As a library writes it anew, which names all in full.
  expect(canonicalForm(avro.Type.forSchema(schema as avro.Schema).schema() as AvroSchema)).toBe(canonicalForm(schema));
});

test("1,000 events yield the same bytes by JSON, protobuf and Avro", async () => {
  const { post, stored } = await serve();
  const example = EXAMPLES["post-ledger-entry"]!;
  const draw = randomNumbers(7);
  const below = (limit: number) => Math.floor(draw() * limit);
  const events = Array.from({ length: 1_000 }, (_, i) => ({
    account: `DE${String(below(1_000_000)).padStart(6, "0")}`,
    sequence: i + 1,
    amountCents: below(2) === 0 ? below(2 ** 31) : -below(2 ** 31) * 2 ** 20,
    postedAt: new Date(below(2 ** 31) * 3_000 - 2 ** 40),
    labels: Object.fromEntries(Array.from({ length: below(5) }, () => [`k${below(9)}\u{1f600}`, "é".repeat(below(9))])),
  }));
  const all = events.map((event) => encodings(example, event));
  const json = `[${all.map(({ json }) => json).join()}]`;
  const delimited = Buffer.concat(all.map(({ delimited }) => delimited));
  const path = "/v1/post-ledger-entry";
  expect(await post(`${path}/batch`, json)).toMatchObject({ status: 202 });
  expect(await post(`${path}/batch`, delimited, { "content-type": "application/protobuf" })).toMatchObject({
    status: 202,
  });
  const stream = await post(
    `${path}/stream`,
    all.map(({ json }) => json).join("\n"),
    { "content-type": "application/x-ndjson" },
    "lines",
  );
  expect(stream.body.at(-1)).toMatchObject({ done: true, accepted: 1_000 });
  for (let from = 0; from < all.length; from += 50) {
    const some = all.slice(from, from + 50).map(({ avro }) => post(path, avro, { "content-type": "application/avro" }));
    for (const { status } of await Promise.all(some)) expect(status).toBe(202);
  }
  const payloads = (await stored("post-ledger-entry", 4_000)).map(({ payload }) =>
    Buffer.from(payload).toString("hex"),
  );
  // In what order keys come is no matter here.
  const expected = all.flatMap(({ canonical }) => Array<string>(4).fill(canonical.toString("hex")));
  expect(payloads.sort().join("\n") === expected.sort().join("\n")).toBe(true);
});

test("Avro of another schema, compressed, cut off, or with more behind it is refused", async () => {
  const { post } = await serve();
  const { avro, container } = encodings(EXAMPLES["place-order"]!);
  const type = { "content-type": "application/avro" };
  const changed = (bytes: Buffer, at: number, by: number) => {
    const copy = Buffer.from(bytes);
    copy[at] = by;
    return copy;
  };
  const compressed = Buffer.from(container.toString("latin1").replace("codec\u0008null", "codec\u0008zstd"), "latin1");
  const cases: [string, Buffer, RegExp][] = [
    ["", avro.subarray(0, -1), /ends too early/],
    ["", Buffer.concat([avro, Buffer.of(0)]), /1 bytes follow its end/],
    ["", changed(avro, 2, 0), /was written by a schema of fingerprint/],
    ["", avro.subarray(10), /is a single object/],
    ["", changed(avro, 10 + 37, 0x7e), /names symbol/],
    ["/batch", avro, /object container file/],
    ["/batch", compressed, /the codec 'null' alone/],
    ["/batch", container.subarray(0, -1), /ends too early/],
    ["/batch", changed(container, container.length - 1, 0), /sync marker/],
    [
      "/batch",
      Buffer.from(container.toString("latin1").replace('"total"', '"totaL"'), "latin1"),
      /is not the contract/,
    ],
  ];
  for (const [way, bytes, detail] of cases) {
    const refused = await post(`/v1/place-order${way}`, bytes, type);
    expect(refused).toMatchObject({
      status: 400,
      body: { code: "malformed-body", detail: expect.stringMatching(detail) },
    });
  }
});

/** Avro's integers. */
function long(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value * 2;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Buffer.from([...bytes, rest]);
}

/** A container file: of each block, how many events it holds, and their bytes. */
function containerOf(schema: AvroSchema, blocks: readonly (readonly [count: number, events: Buffer])[]): Buffer {
  const text = Buffer.from(JSON.stringify(schema));
  const key = Buffer.from("avro.schema");
  const sync = Buffer.alloc(16, 7);
  const header = [Buffer.from("Obj\u0001"), long(1), long(key.length), key, long(text.length), text, long(0), sync];
  return Buffer.concat([
    ...header,
    ...blocks.flatMap(([count, events]) => [long(count), long(events.length), events, sync]),
  ]);
}

test("a batch's values are bounded by its bytes, however they are spread over blocks", () => {
  const nulls: AvroSchema = {
    type: "record",
    name: "Nulls",
    fields: [{ name: "all", type: { type: "array", items: "null" } }],
  };
  const hollow = Buffer.concat([long(500_000), long(0)]);
  const format = avroFormat(nulls);
  expect(format.many(containerOf(nulls, [[1, hollow]]), 10_000)).toHaveLength(1);
  expect(() => format.many(containerOf(nulls, Array(5).fill([1, hollow])), 10_000)).toThrow(/has more than \d+ values/);

  const flags: AvroSchema = {
    type: "record",
    name: "Flags",
    fields: Array.from({ length: 120 }, (_, i) => ({ name: `f${i}`, type: "boolean" })),
  };
  const full = containerOf(flags, [[10_000, Buffer.alloc(10_000 * 120, 1)]]);
  expect(avroFormat(flags).many(full, 10_000)).toHaveLength(10_000);
});
