import { ts } from "ts-morph";
import { typeName } from "../../model/naming.ts";
import { type Reading, resolveAlias } from "../reading.ts";
import { literalValue } from "./literals.ts";
import { portableOf } from "./portable.ts";

/** Globals that generated code refers to, which a message of the same name would hide. */
const GLOBALS = ["Array", "BigInt", "Boolean", "Date", "Json", "Number", "Object", "Record", "String", "Uint8Array"];

/** Gives each message and enum of one event a name of its own. The same names for the same sources, whatever else is read. */
export function createNames(): (declared: string | undefined, path: string) => string {
  const taken = new Set(GLOBALS);
  return (declared, path) => {
    const candidates = [declared, path].filter((name) => name !== undefined).map(typeName);
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

/** A type's declaration, as far as people gave it a name of its own. */
export interface Named {
  /** With the arguments' names where it is generic: `Page<User>` is `PageOfUser`. */
  readonly name: string;
  readonly symbol: ts.Symbol;
  /** The same for two uses of the same declaration with the same arguments. */
  readonly identity: ts.Symbol | ts.Type;
}

/** What a type is called where paths start from it: as it is written there, if that is a name. */
export function rootPath(type: ts.Type, node: ts.TypeNode, reading: Reading): string {
  if (!ts.isTypeReferenceNode(node) || node.typeArguments) return namedBy(type, node, reading)?.name ?? "event";
  return ts.isIdentifier(node.typeName) ? node.typeName.text : node.typeName.right.text;
}

/** What a type is declared as. `undefined` for what is written in place and for utility types. */
export function namedBy(type: ts.Type, written: ts.TypeNode | undefined, reading: Reading): Named | undefined {
  const original = portableOf(type, reading);
  if (original) {
    const named = namedBy(original, undefined, reading);
    return named && { ...named, identity: type };
  }
  const symbol = namingSymbol(type, reading) ?? writtenAlias(written, reading);
  if (!symbol) return undefined;
  const types = argumentsOf(type, symbol, reading);
  const names = types.map((argument) => argumentName(argument, reading));
  if (names.includes(undefined)) return undefined;
  const name = names.length > 0 ? `${symbol.name}Of${names.join("And")}` : symbol.name;
  return { name, symbol, identity: names.length > 0 ? type : symbol };
}

/** The alias, interface, class or enum that the checker knows the type by. */
function namingSymbol({ aliasSymbol, symbol }: ts.Type, { isBuiltin }: Reading): ts.Symbol | undefined {
  if (aliasSymbol) return aliasSymbol.declarations?.some(isBuiltin) ? undefined : aliasSymbol;
  const named = ts.SymbolFlags.Interface | ts.SymbolFlags.Class | ts.SymbolFlags.Enum;
  return symbol && symbol.flags & named && !symbol.declarations?.some(isBuiltin) ? symbol : undefined;
}

/** `Patch` of `type Patch = Partial<User>`: of mapped types and of `keyof` the checker forgets the alias. */
function writtenAlias(node: ts.TypeNode | undefined, { checker, isBuiltin }: Reading): ts.Symbol | undefined {
  if (!node || !ts.isTypeReferenceNode(node) || node.typeArguments) return undefined;
  const found = checker.getSymbolAtLocation(node.typeName);
  const symbol = found && resolveAlias(checker, found);
  return symbol && symbol.flags & ts.SymbolFlags.TypeAlias && !symbol.declarations?.some(isBuiltin)
    ? symbol
    : undefined;
}

function argumentsOf(type: ts.Type, symbol: ts.Symbol, { checker }: Reading): readonly ts.Type[] {
  if (symbol === type.aliasSymbol) return type.aliasTypeArguments ?? [];
  if (symbol !== type.symbol || !("target" in type)) return [];
  return checker.getTypeArguments(type as ts.TypeReference).filter((argument) => !isThis(argument));
}

function argumentName(type: ts.Type, reading: Reading): string | undefined {
  if (reading.checker.isArrayType(type)) {
    const [item] = reading.checker.getTypeArguments(type as ts.TypeReference);
    const name = item && argumentName(item, reading);
    return name && `${name}List`;
  }
  const declared = namedBy(type, undefined, reading);
  if (declared) return declared.name;
  const literal = literalValue(type);
  if (literal !== undefined) return typeName(String(literal));
  const scalar = ts.TypeFlags.String | ts.TypeFlags.Number | ts.TypeFlags.BigInt | ts.TypeFlags.Boolean;
  if (type.flags & scalar) return typeName(reading.checker.typeToString(type));
  return type.symbol?.name === "Date" || type.symbol?.name === "Uint8Array" ? type.symbol.name : undefined;
}

/** An interface's own `this`, which the checker keeps as a last argument. */
function isThis(type: ts.Type): boolean {
  return "isThisType" in type && Boolean(type.isThisType);
}
