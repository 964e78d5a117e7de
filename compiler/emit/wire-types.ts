import type { Type } from "../model/model.ts";

/** Protobuf's wire types: varint, 64 bits, length-delimited. */
export type WireType = 0 | 1 | 2;

/** The wire type of one element of a list, map or union; of a field that is none of these and not null. */
export function wireType(type: Type): WireType {
  switch (type.kind) {
    case "int":
    case "bigint":
    case "boolean":
    case "enum":
    case "null":
      return 0;
    case "float":
      return 1;
    case "text":
    case "json":
    case "timestamp":
    case "bytes":
    case "message":
    case "union":
    case "array":
    case "record":
    case "nullable":
      return 2;
  }
}

/** What stands in front of a field's bytes. */
export function tagOf(number: number, wire: WireType): number {
  return number * 8 + wire;
}
