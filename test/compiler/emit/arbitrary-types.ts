import fc from "fast-check";
import type { IntType, Type } from "../../../compiler/model/model.ts";
import { TEXT_FORMAT_NAMES } from "../../../compiler/settings/text-formats.ts";
import { list, nullable, record } from "./models.ts";

const SAFE = Number.MAX_SAFE_INTEGER;

/** Types without others in them. */
export const leaf: fc.Arbitrary<Type> = fc.oneof(
  fc.record({ min: fc.nat(3), more: fc.nat(30) }).map(({ min, more }): Type => {
    return { kind: "text", minLength: min, maxLength: min + more };
  }),
  fc.constantFrom<Type>(
    { kind: "text" },
    ...TEXT_FORMAT_NAMES.map((format) => ({ kind: "text", format }) as const),
    { kind: "text", format: "uri", maxLength: 40 },
    { kind: "text", pattern: "^[a-c/]{1,3}$" },
    { kind: "int", wire: "int32", min: -5, max: 5 },
    { kind: "int", wire: "int32", min: -(2 ** 31), max: 2 ** 31 - 1 },
    { kind: "int", wire: "int64", min: -SAFE, max: SAFE },
    { kind: "int", wire: "uint32", min: 0, max: 2 ** 32 - 1 },
    { kind: "int", wire: "uint64", min: 0, max: SAFE },
    { kind: "int", wire: "sint32", min: -(2 ** 31), max: 2 ** 31 - 1 },
    { kind: "int", wire: "sint64", min: -SAFE, max: SAFE },
    { kind: "int", wire: "fixed32", min: 0, max: 2 ** 32 - 1 },
    { kind: "int", wire: "fixed64", min: 0, max: SAFE },
    { kind: "int", wire: "sfixed32", min: -(2 ** 31), max: 2 ** 31 - 1 },
    { kind: "int", wire: "sfixed64", min: -SAFE, max: SAFE },
    { kind: "float", wire: "float" },
    { kind: "float", wire: "float", min: -0.1, max: 0.7 },
    { kind: "bigint", wire: "sint64" },
    { kind: "bigint", wire: "sfixed64" },
    { kind: "bigint", wire: "uint64" },
    { kind: "bigint", wire: "fixed64" },
    { kind: "float" },
    { kind: "float", min: -1, max: 1 },
    { kind: "bigint" },
    { kind: "boolean" },
    { kind: "boolean", only: true },
    { kind: "boolean", only: false },
    { kind: "null" },
    { kind: "json" },
    { kind: "timestamp" },
    { kind: "bytes" },
    { kind: "bytes", minLength: 1, maxLength: 4 },
  ),
);

/** Of maps. */
const integerKeys = fc.constantFrom<IntType>(
  { kind: "int", wire: "int64", min: -SAFE, max: SAFE },
  { kind: "int", wire: "int32", min: -3, max: 3 },
  { kind: "int", wire: "uint32", min: 0, max: 2 ** 32 - 1 },
  { kind: "int", wire: "sint64", min: -SAFE, max: SAFE },
  { kind: "int", wire: "fixed32", min: 0, max: 2 ** 32 - 1 },
  { kind: "int", wire: "sfixed64", min: -SAFE, max: SAFE },
);

/** Those types, and what may be made of them. */
export function typeOf(leaves: fc.Arbitrary<Type>): fc.Arbitrary<Type> {
  return fc.oneof(
    { weight: 6, arbitrary: leaves },
    { weight: 2, arbitrary: leaves.map(list) },
    { weight: 1, arbitrary: leaves.map((items): Type => ({ kind: "array", items, readonly: true })) },
    {
      weight: 1,
      arbitrary: leaves.map((type) => orNull({ kind: "array", items: orNull(list(type)), readonly: true })),
    },
    { weight: 1, arbitrary: leaves.map((items): Type => ({ kind: "array", items, minItems: 1, maxItems: 3 })) },
    { weight: 2, arbitrary: leaves.map(record) },
    { weight: 1, arbitrary: leaves.map((values): Type => ({ kind: "record", values, sparse: true })) },
    {
      weight: 1,
      arbitrary: fc.tuple(integerKeys, leaves).map(([keys, values]): Type => ({ kind: "record", keys, values })),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(integerKeys, leaves).map(([keys, values]) => list({ kind: "record", keys, values })),
    },
    { weight: 1, arbitrary: leaves.map((type) => list(list(type))) },
    { weight: 1, arbitrary: leaves.map((type) => record(list(type))) },
    { weight: 1, arbitrary: leaves.map((type) => list(record(list(list(type))))) },
    { weight: 2, arbitrary: leaves.map(orNull) },
    { weight: 1, arbitrary: leaves.map((type) => orNull(list(orNull(type)))) },
    { weight: 1, arbitrary: leaves.map((type) => orNull(record(orNull(list(type))))) },
    { weight: 1, arbitrary: leaves.map((type) => list(orNull(record(orNull(type))))) },
  );
}

/** As reading makes it: nothing is null twice. */
export function orNull(type: Type): Type {
  return type.kind === "null" || type.kind === "nullable" || type.kind === "json" ? type : nullable(type);
}
