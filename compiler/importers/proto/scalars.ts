import { bigint, bytes, float, INT32, int, named, type Shape, text, uint } from "../shape.ts";

/** A scalar of protobuf as the types have it. The lock calls it as protobuf does. */
export interface Scalar {
  readonly shape: Shape;
  /** Which of its values are not accepted. */
  readonly narrower?: string;
}

const NOT_FINITE = "NaN and the infinities, which a $ can be, are refused: numbers are finite in an event.";
const UNSAFE = "Keys of $ beyond 2^53 - 1 are refused: a number can't hold them exactly.";

const UINT32 = { max: 2 ** 32 - 1 };

const SCALARS: Readonly<Record<string, Scalar>> = {
  string: { shape: text() },
  bool: { shape: named("boolean", "boolean") },
  bytes: { shape: bytes() },
  double: { shape: float(), narrower: NOT_FINITE },
  float: { shape: float({ wire: "float" }), narrower: NOT_FINITE },
  int32: { shape: INT32 },
  uint32: { shape: uint(UINT32) },
  sint32: { shape: int({ wire: "sint32" }) },
  fixed32: { shape: uint({ wire: "fixed32" }) },
  sfixed32: { shape: int({ wire: "sfixed32" }) },
  int64: { shape: bigint() },
  uint64: { shape: bigint({ wire: "uint64" }) },
  sint64: { shape: bigint({ wire: "sint64" }) },
  fixed64: { shape: bigint({ wire: "fixed64" }) },
  sfixed64: { shape: bigint({ wire: "sfixed64" }) },
};

export function scalarOf(name: string): Scalar | undefined {
  return scalarIn(SCALARS, name);
}

/** Keys of a map: properties of an object, which digits of a number name. */
const KEYS: Readonly<Record<string, Scalar>> = {
  string: SCALARS.string!,
  int32: SCALARS.int32!,
  uint32: SCALARS.uint32!,
  sint32: SCALARS.sint32!,
  fixed32: SCALARS.fixed32!,
  sfixed32: SCALARS.sfixed32!,
  int64: { shape: int(), narrower: UNSAFE },
  uint64: { shape: uint(), narrower: UNSAFE },
  sint64: { shape: int({ wire: "sint64" }), narrower: UNSAFE },
  fixed64: { shape: uint({ wire: "fixed64" }), narrower: UNSAFE },
  sfixed64: { shape: int({ wire: "sfixed64" }), narrower: UNSAFE },
};

export function mapKeyOf(name: string): Scalar | undefined {
  return scalarIn(KEYS, name);
}

function scalarIn(scalars: Readonly<Record<string, Scalar>>, name: string): Scalar | undefined {
  const scalar = Object.hasOwn(scalars, name) ? scalars[name] : undefined;
  return scalar?.narrower ? { ...scalar, narrower: scalar.narrower.replace("$", () => name) } : scalar;
}
