import type { BigintType, FloatType, IntType } from "../../model/model.ts";
import { encodingOf, isUnsigned } from "../../model/number-encoding.ts";

/*
 * What `Writer` and `Reader` call the methods for each encoding of numbers.
 */

type NumberType = IntType | FloatType | BigintType;

/** Writers of a number's bits need not know whether it has a sign. */
export function numberWriter(type: NumberType): string {
  const encoding = encodingOf(type);
  switch (encoding) {
    case "varint":
      return type.kind;
    case "zigzag":
      return type.kind === "bigint" ? "zigzagBigint" : "zigzag";
    case "fixed32":
    case "sfixed32":
      return "fixed32";
    case "fixed64":
    case "sfixed64":
      return type.kind === "bigint" ? "fixedBigint" : "fixed64";
    case "float":
    case "double":
      return encoding;
  }
}

export function numberReader(type: NumberType): string {
  const encoding = encodingOf(type);
  switch (encoding) {
    case "varint":
      if (type.kind === "bigint") return isUnsigned(type) ? "biguint" : "bigint";
      return type.kind === "int" && isUnsigned(type) ? "uint" : "int";
    case "zigzag":
      return type.kind === "bigint" ? "zigzagBigint" : "zigzag";
    case "sfixed64":
      return type.kind === "bigint" ? "fixedBigint" : "sfixed64";
    case "fixed64":
      return type.kind === "bigint" ? "fixedBiguint" : "fixed64";
    case "fixed32":
    case "sfixed32":
    case "float":
    case "double":
      return encoding;
  }
}
