import { ts } from "ts-morph";
import { upperCamel } from "../../model/naming.ts";
import type { Reading } from "../reading.ts";

/** Globals that generated code refers to, which a message of the same name would hide. */
const GLOBALS = ["Array", "BigInt", "Boolean", "Date", "Number", "Object", "Record", "String", "Uint8Array"];

/** Gives each message and enum of one event a name of its own. The same names for the same sources, whatever else is read. */
export function createNames(): (declared: string | undefined, path: string) => string {
  const taken = new Set(GLOBALS);
  return (declared, path) => {
    const candidates = [declared, path].filter((name) => name !== undefined).map(upperCamel);
    const name = candidates.find((candidate) => !taken.has(candidate)) ?? numbered(candidates.at(-1) ?? "", taken);
    taken.add(name);
    return name;
  };
}

function numbered(name: string, taken: ReadonlySet<string>): string {
  let number = 2;
  while (taken.has(`${name}${number}`)) number++;
  return `${name}${number}`;
}

/**
 * The name under which a type is declared, with its arguments' names where it is generic: `Page<User>` is `PageOfUser`.
 * `undefined` for what is written in place and for utility types.
 */
export function declaredName(type: ts.Type, reading: Reading): string | undefined {
  const { aliasSymbol, aliasTypeArguments, symbol } = type;
  if (aliasSymbol && !aliasSymbol.declarations?.some(reading.isBuiltin))
    return withArguments(aliasSymbol, aliasTypeArguments ?? [], reading);
  const named = ts.SymbolFlags.Interface | ts.SymbolFlags.Class | ts.SymbolFlags.Enum;
  if (aliasSymbol || !symbol || !(symbol.flags & named) || symbol.declarations?.some(reading.isBuiltin))
    return undefined;
  const isReference = "target" in type;
  return withArguments(symbol, isReference ? reading.checker.getTypeArguments(type as ts.TypeReference) : [], reading);
}

function withArguments(symbol: ts.Symbol, types: readonly ts.Type[], reading: Reading): string | undefined {
  const names = types.filter((type) => !isThis(type)).map((type) => argumentName(type, reading));
  if (names.includes(undefined)) return undefined;
  return names.length > 0 ? `${symbol.name}Of${names.join("And")}` : symbol.name;
}

function argumentName(type: ts.Type, reading: Reading): string | undefined {
  if (reading.checker.isArrayType(type)) {
    const [item] = reading.checker.getTypeArguments(type as ts.TypeReference);
    const name = item && argumentName(item, reading);
    return name && `${name}List`;
  }
  const declared = declaredName(type, reading);
  if (declared) return declared;
  if (type.isStringLiteral()) return upperCamel(type.value);
  const scalar = ts.TypeFlags.String | ts.TypeFlags.Number | ts.TypeFlags.BigInt | ts.TypeFlags.Boolean;
  if (type.flags & scalar) return upperCamel(reading.checker.typeToString(type));
  return type.symbol?.name === "Date" || type.symbol?.name === "Uint8Array" ? type.symbol.name : undefined;
}

/** An interface's own `this`, which the checker keeps as a last argument. */
function isThis(type: ts.Type): boolean {
  return "isThisType" in type && Boolean(type.isThisType);
}
