import { bytes, float, INT32, named, type Shape, text, uint } from "../shape.ts";

/** A scalar of protobuf as the types and the lock have it. */
export interface Scalar {
  readonly shape: Shape;
  /** What the lock calls it. */
  readonly wire: string;
  /** Which of its values are not accepted. */
  readonly narrower?: string;
}

const NOT_FINITE = "NaN and the infinities, which a double can be, are refused: numbers are finite in an event.";
const UNSAFE = "Values of a uint64 above 2^53 - 1 are refused: a number can't hold them exactly.";

const UINT32 = { max: 2 ** 32 - 1 };

const SCALARS: Readonly<Record<string, Scalar>> = {
  string: { shape: text(), wire: "string" },
  bool: { shape: named("boolean", "boolean"), wire: "bool" },
  bytes: { shape: bytes(), wire: "bytes" },
  double: { shape: float(), wire: "double", narrower: NOT_FINITE },
  int32: { shape: INT32, wire: "int32" },
  uint32: { shape: uint(UINT32), wire: "uint32" },
  int64: { shape: named("bigint", "bigint"), wire: "int64" },
  uint64: { shape: uint(), wire: "uint64", narrower: UNSAFE },
};

/** Scalars whose bytes none of our types has, and the one that comes next. */
export const FOREIGN_SCALARS: Readonly<Record<string, string>> = {
  float: "double",
  sint32: "int32",
  sint64: "int64",
  fixed32: "uint32",
  fixed64: "uint64",
  sfixed32: "int32",
  sfixed64: "int64",
};

export function isForeignScalar(name: string): boolean {
  return Object.hasOwn(FOREIGN_SCALARS, name);
}

export function scalarOf(name: string): Scalar | undefined {
  return Object.hasOwn(SCALARS, name) ? SCALARS[name] : undefined;
}
