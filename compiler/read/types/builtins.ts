import { ts } from "ts-morph";
import type { Reading } from "../reading.ts";
import type { TypeReader } from "./reader.ts";
import { refuse } from "./refusal.ts";

/** `Date` and `Uint8Array`. */
export const readBuiltin: TypeReader = (type, _place, scope) => {
  switch (builtinName(type, scope)) {
    case "Date":
      return { kind: "timestamp" };
    case "Uint8Array":
      return { kind: "bytes" };
    default:
      return undefined;
  }
};

const AS_RECORD = "Write `Record<string, V>`.";
const AS_ARRAY = "Write `T[]`.";
const AS_BYTES = "Write `Uint8Array`.";

const MENDS: Readonly<Record<string, string>> = {
  Map: AS_RECORD,
  ReadonlyMap: AS_RECORD,
  WeakMap: AS_RECORD,
  Set: AS_ARRAY,
  ReadonlySet: AS_ARRAY,
  Iterable: AS_ARRAY,
  Buffer: AS_BYTES,
  ArrayBuffer: AS_BYTES,
  SharedArrayBuffer: AS_BYTES,
  DataView: AS_BYTES,
  URL: 'Write `Text<{ format: "uri" }>`.',
  Error: "Write `string`, and send the message.",
  String: "Write `string`, in lower case.",
  Number: "Write `number`, in lower case.",
  Boolean: "Write `boolean`, in lower case.",
  BigInt: "Write `bigint`, in lower case.",
  Promise: "Await it before the event is sent: write the type that it resolves to.",
};

/** All other objects of JavaScript and Node: what they hold is not in their fields. */
export const refuseBuiltin: TypeReader = (type, place, scope) => {
  if (place.portable) return undefined;
  const name = builtinName(type, scope);
  if (name === undefined || isPlainData(type, scope)) return undefined;
  return refuse(
    `and ${name} objects have no wire form`,
    MENDS[name] ?? "Send what it holds, as fields of plain types.",
  );
};

/** An interface of plain fields that no value stands beside as a constructor, such as `NodeJS.MemoryUsage`. */
function isPlainData(type: ts.Type, { checker }: Reading): boolean {
  const fields = checker.getPropertiesOfType(type);
  const isOther = (field: ts.Symbol) => {
    const of = checker.getTypeOfSymbol(field);
    const isAnything = of.flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown);
    return isAnything || checker.getNonNullableType(of).getCallSignatures().length > 0 || field.name.startsWith("__@");
  };
  return !(type.symbol.flags & ts.SymbolFlags.Value) && fields.length > 0 && !fields.some(isOther);
}

/** Classes: decoding can't run a constructor. */
export const refuseClass: TypeReader = (type, { portable }) => {
  if (portable || !type.symbol || !(type.symbol.flags & ts.SymbolFlags.Class)) return undefined;
  return refuse(
    "and instances of a class can't be decoded: that would have to run its constructor",
    "Declare an interface with the fields.",
  );
};

export const refuseFunction: TypeReader = (type) =>
  type.getCallSignatures().length + type.getConstructSignatures().length > 0
    ? refuse("and functions can't leave the process", "Send the data that the function needs.")
    : undefined;

export function builtinName({ symbol }: ts.Type, { isBuiltin }: Reading): string | undefined {
  if (!symbol || !(symbol.flags & (ts.SymbolFlags.Interface | ts.SymbolFlags.Class))) return undefined;
  return symbol.declarations?.some(isBuiltin) ? symbol.name : undefined;
}
