import { ts } from "ts-morph";
import type { Reading } from "../reading.ts";
import type { TypeReader } from "./reader.ts";

/** The package's `Json`. */
export const readJson: TypeReader = (type, _place, scope) => (isJson(type, scope) ? { kind: "json" } : undefined);

/**
 * Whether a type is `Json`, or that and undefined: a union of a union and undefined is a new one, which the checker does
 * not know by any name.
 */
export function isJson(type: ts.Type, { checker, exported }: Reading): boolean {
  if (!type.isUnion()) return false;
  const symbol = exported("Json");
  const json = symbol && checker.getDeclaredTypeOfSymbol(symbol);
  if (!json?.isUnion()) return false;
  const parts = type.types.filter(({ flags }) => !(flags & ts.TypeFlags.Undefined));
  return parts.length === json.types.length && json.types.every((part) => parts.includes(part));
}
