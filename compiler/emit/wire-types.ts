import type { Type } from "../model/model.ts";
import { encodingOf, fixedBytes } from "../model/number-encoding.ts";

/** Protobuf's wire types: varint, 64 bits, length-delimited, 32 bits. */
export type WireType = 0 | 1 | 2 | 5;

/** The wire type of one element of a list, map or union; of a field that is none of these and not null. */
export function wireType(type: Type): WireType {
  switch (type.kind) {
    case "int":
    case "bigint":
    case "float": {
      const bytes = fixedBytes(encodingOf(type));
      return bytes === undefined ? 0 : bytes === 4 ? 5 : 1;
    }
    case "boolean":
    case "enum":
    case "null":
      return 0;
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
