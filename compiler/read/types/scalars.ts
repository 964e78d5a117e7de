import { ts } from "ts-morph";
import { literalValue } from "./literals.ts";
import type { TypeReader } from "./reader.ts";
import { refuse } from "./refusal.ts";

const { TypeFlags } = ts;

/** string, number, bigint, boolean, and one of the two booleans. */
export const readScalar: TypeReader = (type) => {
  const { flags } = type;
  if (flags & TypeFlags.String) return { kind: "text" };
  if (flags & TypeFlags.Number) return { kind: "float" };
  if (flags & TypeFlags.BigInt) return { kind: "bigint" };
  if (flags & TypeFlags.Boolean) return { kind: "boolean" };
  if (flags & TypeFlags.BooleanLiteral) return { kind: "boolean", only: literalValue(type) === true };
  return undefined;
};

const UNKNOWN = "Write the type that the values have, or fivefold's `Json` for whatever JSON can hold.";

/** Types of no value, of any value, and of values that can't leave a process; by flag, the first that matches counts. */
const WITHOUT_WIRE_FORM: readonly [flags: ts.TypeFlags, reason: string, fix: string][] = [
  [TypeFlags.Any | TypeFlags.Unknown, "which says nothing of its values", UNKNOWN],
  [TypeFlags.Never, "which no value has", "Remove the field, or fix the type: its parts exclude each other."],
  [TypeFlags.Undefined | TypeFlags.Void, "which carries nothing", "Remove the field."],
  [TypeFlags.ESSymbolLike, "and symbols exist in one process only", "Send a string."],
  [TypeFlags.NonPrimitive, "which says nothing of its fields", "Declare an interface with the fields."],
  [TypeFlags.BigIntLiteral, "a literal of a bigint", "Write `bigint`, or a literal of a number."],
  [TypeFlags.NumberLiteral, "and no number is infinite in an event", "Choose a finite number."],
  [TypeFlags.Enum, "an enum with values that only running it tells", "Give its members constant values."],
  [
    TypeFlags.TypeParameter |
      TypeFlags.IndexedAccess |
      TypeFlags.Conditional |
      TypeFlags.Index |
      TypeFlags.Substitution,
    "which depends on a type that is not given",
    "Give the type its arguments.",
  ],
];

export const refuseWithoutWireForm: TypeReader = ({ flags }) => {
  const row = WITHOUT_WIRE_FORM.find(([refused]) => flags & refused);
  return row && refuse(row[1], row[2]);
};
