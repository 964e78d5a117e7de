import type { BigintType, FloatType, IntType } from "./model.ts";

/** How numbers look on the wire: what is read otherwise than it was written is another number. */
export type NumberEncoding = "varint" | "zigzag" | "fixed32" | "sfixed32" | "fixed64" | "sfixed64" | "float" | "double";

/** What protobuf calls the type. */
export function protoNumber(type: IntType | FloatType | BigintType): string {
  if (type.kind === "int") return type.wire;
  return type.wire ?? (type.kind === "float" ? "double" : "int64");
}

export function encodingOf(type: IntType | FloatType | BigintType): NumberEncoding {
  return encodingOfProto(protoNumber(type));
}

/** Of a scalar as protobuf calls it. A width is none of a varint's, nor of a zigzag's. */
export function encodingOfProto(name: string): NumberEncoding {
  if (/^u?int(32|64)$/.test(name)) return "varint";
  return /^sint(32|64)$/.test(name) ? "zigzag" : (name as NumberEncoding);
}

/** Whether it has no sign. */
export function isUnsigned(type: IntType | BigintType): boolean {
  return /^(uint|fixed)/.test(protoNumber(type));
}

/** How many bytes a number takes; `undefined`: that depends on the number. */
export function fixedBytes(encoding: NumberEncoding): 4 | 8 | undefined {
  switch (encoding) {
    case "varint":
    case "zigzag":
      return undefined;
    case "fixed32":
    case "sfixed32":
    case "float":
      return 4;
    case "fixed64":
    case "sfixed64":
    case "double":
      return 8;
  }
}
