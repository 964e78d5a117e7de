import { fromBinary, fromJson, toBinary, toJson } from "@bufbuild/protobuf";
import fc from "fast-check";
import { expect, test } from "vitest";
import { emitProto } from "../../../compiler/emit/proto/proto.ts";
import type { Message, Type, UseCase } from "../../../compiler/model/model.ts";
import { runs } from "../../property-runs.ts";
import { KEYS, valuesOf } from "./arbitrary-values.ts";
import { load } from "./load.ts";
import { loadJson } from "./load-json.ts";
import { list, messageOf, messageRef, record, useCaseOf } from "./models.ts";
import { compileContracts } from "./protobuf-es.ts";

/*
 * JSON as protobuf has it is ours but for a few types: enums, which protobuf names, and ours by their values; integers of
 * 64 bits that are numbers in TypeScript; null; lists of lists; and unions.
 */

const leaf = fc.constantFrom<Type>(
  { kind: "text" },
  { kind: "int", wire: "int32", min: -(2 ** 31), max: 2 ** 31 - 1 },
  { kind: "int", wire: "uint32", min: 0, max: 2 ** 32 - 1 },
  { kind: "float" },
  { kind: "bigint" },
  { kind: "boolean" },
  { kind: "timestamp" },
  { kind: "bytes" },
);

const FIELDS = ["id", "fileId", "URLPath", "a_b", "größe", "a b", "constructor", "1st", "x1", "valueOf", "日本"];

function messageOfName(name: string, leaves: fc.Arbitrary<Type>): fc.Arbitrary<Message> {
  const field = fc.oneof(
    leaves.map((type) => ["", type] as const),
    leaves.map((type) => ["?", type] as const),
    leaves.map((type) => ["", list(type)] as const),
    leaves.map((type) => ["", record(type)] as const),
  );
  return fc
    .uniqueArray(fc.tuple(fc.constantFrom(...FIELDS), field), {
      minLength: 1,
      maxLength: 7,
      selector: ([name]) => name,
    })
    .map((fields) =>
      messageOf(
        name,
        fields.map(([name, [mark, type]]) => [`${name}${mark}`, type]),
      ),
    );
}

const model = fc
  .tuple(messageOfName("Sample", fc.oneof(leaf, fc.constant(messageRef("Part")))), messageOfName("Part", leaf))
  .map((messages) => useCaseOf("sample", messages));

const SEED = 20_261_124;
const useCases: readonly UseCase[] = fc
  .sample(model, { ...runs(40), seed: SEED })
  .map((useCase, i) => ({ ...useCase, name: `sample-${i}` }));
const { registry } = compileContracts(useCases.map(emitProto));

test.each(useCases)("@bufbuild/protobuf reads the JSON of $name, and writes what is read", (useCase) => {
  const { name, event } = useCase;
  const desc = registry.getMessage(`fivefold.${name.replaceAll("-", "_")}.v1.${event.name}`)!;
  const { encode, decode } = load(useCase);
  const json = loadJson(useCase);
  // protobuf-es keeps maps in plain objects, in which `__proto__` is no key, and takes minus zero for zero.
  const keys = KEYS.filter((key) => key !== "__proto__");
  const values = valuesOf(useCase, keys).filter((value) => !hasMinusZero(value));
  for (const value of fc.sample(values, { numRuns: 10, seed: SEED })) {
    const event = decode(toBinary(desc, fromJson(desc, json.toJson(value))));
    expect(event).toEqual(value);
    const theirs = toJson(desc, fromBinary(desc, encode(event)), { alwaysEmitImplicit: true });
    expect(json.fromJson(theirs)).toEqual(event);
  }
});

function hasMinusZero(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return Object.is(value, -0);
  return Object.values(value).some(hasMinusZero);
}
