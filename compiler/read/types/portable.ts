import { ts } from "ts-morph";
import { type Reading, resolveAlias } from "../reading.ts";

/*
 * What `Portable<T>` makes of `T`, told from `T` alone. To ask the checker would take it a minute for a vocabulary of a
 * thousand types, where this takes as long as reading them as they are. A test compares the two.
 */

/** What `Portable` is written of, whatever it is imported as, and behind aliases. */
export function portableArgument(node: ts.TypeNode | undefined, reading: Reading): ts.TypeNode | undefined {
  if (!reading.mayHavePortable) return undefined;
  if (node && ts.isParenthesizedTypeNode(node)) return portableArgument(node.type, reading);
  if (!node || !ts.isTypeReferenceNode(node)) return undefined;
  const found = reading.checker.getSymbolAtLocation(node.typeName);
  const symbol = found && resolveAlias(reading.checker, found);
  if (symbol && symbol === reading.exported("Portable")) return node.typeArguments?.[0];
  const alias = symbol?.declarations?.find(ts.isTypeAliasDeclaration);
  const isOther =
    alias && !alias.typeParameters && !reading.program.isSourceFileFromExternalLibrary(alias.getSourceFile());
  return isOther && ts.isTypeReferenceNode(alias.type) ? portableArgument(alias.type, reading) : undefined;
}

/** The type of which `Portable` made another. */
export function portableOf({ aliasSymbol, aliasTypeArguments }: ts.Type, reading: Reading): ts.Type | undefined {
  const source = aliasSymbol && reading.mayHavePortable && declarations(reading);
  const isMade = source && aliasSymbol.declarations?.[0]?.getSourceFile() === source;
  return isMade && MAKES.has(aliasSymbol.name) ? aliasTypeArguments?.[0] : undefined;
}

/** Parts of it that are named by the same argument. */
const MAKES: ReadonlySet<string> = new Set([
  "Portable",
  "PortablePart",
  "PortableOf",
  "PortableObject",
  "PortableFields",
]);

/** Whether a field has what can be sent. */
export function hasData(type: ts.Type, reading: Reading): boolean {
  if (isAnything(type, reading)) return true;
  return partsOf(type).some((part) => !(part.flags & ts.TypeFlags.Undefined) && isSendable(part, reading));
}

/** Whether a type may be whatever JSON can hold, as other packages' own type of JSON may. */
export function isAnything(type: ts.Type, reading: Reading): boolean {
  if (type.flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown)) return true;
  if (!type.isUnion() || !type.types.some(({ flags }) => flags & ts.TypeFlags.Null)) return false;
  const json = reading.exported("Json");
  return json !== undefined && reading.checker.isTypeAssignableTo(reading.checker.getDeclaredTypeOfSymbol(json), type);
}

type Kind = "json" | "record" | "object";

/** What kind of object a part of a union is; `undefined`: it is none. */
export function kindOf(type: ts.Type, reading: Reading): Kind | undefined {
  return once("kind", type, () => findKind(type, reading));
}

function findKind(type: ts.Type, reading: Reading): Kind | undefined {
  const { checker } = reading;
  if (isA("Sent", type, reading) || isA("List", type, reading)) return undefined;
  if (isA("Container", type, reading)) return "json";
  if (isEmpty(type, checker)) return "json";
  // One that JSON.stringify can write holds something.
  if (!hasNamedData(type, reading)) return "json";
  return indexesOf(type, checker).some(isOfStrings) ? "record" : "object";
}

/** Whether a part of a union is more than functions, symbols, and objects that have methods only. */
export function isSendable(type: ts.Type, reading: Reading): boolean {
  return once("is sendable", type, () => findSendable(type, reading));
}

function findSendable(type: ts.Type, reading: Reading): boolean {
  const { checker } = reading;
  if (type.flags & (ts.TypeFlags.ESSymbolLike | ts.TypeFlags.Void)) return false;
  if (isA("Sent", type, reading)) return true;
  if (isA("Callable", type, reading)) return false;
  if (isOpenList(type, reading)) {
    return checker.getTypeArguments(type as ts.TypeReference).some((item) => !isWithoutData(item, reading));
  }
  if (isA("List", type, reading) || isA("Container", type, reading)) return true;
  if (isEmpty(type, checker)) return true;
  return hasNamedData(type, reading) || checker.getPropertyOfType(type, "toJSON") !== undefined;
}

function isEmpty(type: ts.Type, checker: ts.TypeChecker): boolean {
  return publicFields(checker.getPropertiesOfType(type)).length + indexesOf(type, checker).length === 0;
}

function hasNamedData(type: ts.Type, reading: Reading): boolean {
  const { checker } = reading;
  return (
    publicFields(checker.getPropertiesOfType(type)).some(
      (field) => !isWithoutData(checker.getTypeOfSymbol(field), reading),
    ) || indexesOf(type, checker).some((index) => !isWithoutData(index.type, reading))
  );
}

function isWithoutData(type: ts.Type, reading: Reading): boolean {
  return !(type.flags & ts.TypeFlags.Any) && isA("Without", type, reading);
}

/** A list of any length; tuples are told apart by their elements. */
export function isOpenList(type: ts.Type, { checker }: Reading): boolean {
  if (!checker.isTupleType(type)) return checker.isArrayType(type);
  return (type as ts.TupleTypeReference).target.elementFlags.some((flags) => flags & ts.ElementFlags.Variable);
}

export function isOfStrings({ keyType }: ts.IndexInfo): boolean {
  return Boolean(keyType.flags & ts.TypeFlags.String);
}

export function indexesOf(type: ts.Type, checker: ts.TypeChecker): readonly ts.IndexInfo[] {
  return checker.getIndexInfosOfType(type).filter(({ keyType }) => !(keyType.flags & ts.TypeFlags.ESSymbolLike));
}

/** The fields that `keyof` knows, but for those that a symbol names. */
export function publicFields(fields: readonly ts.Symbol[]): ts.Symbol[] {
  return fields.filter((field) => {
    const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
    const isHidden = field.declarations?.some((one) => ts.getCombinedModifierFlags(one) & hidden);
    return !isHidden && !field.name.startsWith("__@") && !field.name.startsWith("__#");
  });
}

export function partsOf(type: ts.Type): readonly ts.Type[] {
  return type.isUnion() ? type.types : [type];
}

/** Whether the checker takes a type for one of those that Portable's own declarations name. */
export function isA(name: string, type: ts.Type, reading: Reading): boolean {
  return once(`is a ${name}`, type, () => reading.checker.isTypeAssignableTo(type, declared(name, reading)));
}

/** A vocabulary has the same types in a thousand unions, so each is asked once. */
function once<T>(question: string, type: ts.Type, answer: () => T): T {
  const known = answers.get(question) ?? new WeakMap<ts.Type, unknown>();
  answers.set(question, known);
  if (!known.has(type)) known.set(type, answer());
  return known.get(type) as T;
}

const answers = new Map<string, WeakMap<ts.Type, unknown>>();

function declared(name: string, reading: Reading): ts.Type {
  const alias = declarations(reading)?.statements.find(
    (one) => ts.isTypeAliasDeclaration(one) && one.name.text === name,
  );
  if (!alias || !ts.isTypeAliasDeclaration(alias)) throw new Error(`Portable's declarations name no ${name}`);
  return reading.checker.getTypeFromTypeNode(alias.type);
}

function declarations({ exported }: Reading): ts.SourceFile | undefined {
  return exported("Portable")?.declarations?.[0]?.getSourceFile();
}
