import { ts } from "ts-morph";
import type { Field, Message, Type } from "../../model/model.ts";
import type { Reading } from "../reading.ts";
import { isBrandField } from "./brands.ts";
import { type Named, namedBy } from "./names.ts";
import { presenceOf, readPresent, writtenPresent } from "./nullable.ts";
import { fieldsOf } from "./objects.ts";
import { reportRefusal } from "./part.ts";
import { hasData, portableArgument, publicFields } from "./portable.ts";
import type { Place, Scope } from "./reader.ts";
import { refuse } from "./refusal.ts";
import { historyOf } from "./tags.ts";
import { readElements } from "./tuples.ts";
import { readWritten } from "./written-type.ts";

/** An object type that is to be read as a message, and where it is first used. */
export interface MessageUse {
  readonly type: ts.Type;
  readonly name: string;
  readonly place: Place;
}

export function readMessage({ type, name, place }: MessageUse, scope: Scope): Message {
  const named = namedBy(type, place.written, scope);
  const about = describeType(named, type, place, scope);
  const { was } = historyOf(named?.symbol.declarations?.[0]);
  const message = { name, ...(was && { was }), ...about };
  if (scope.checker.isTupleType(type)) {
    return { ...message, ...readElements(type as ts.TupleTypeReference, name, place, scope) };
  }
  const fields = fieldsWithValues(type, place, scope).map((symbol) => readField(symbol, name, place, scope));
  return { ...message, fields: fields.filter((field) => field !== undefined) };
}

/** A brand's field has no value, whatever its type says; one that a symbol names alone is for `readField` to refuse. */
function fieldsWithValues(type: ts.Type, { portable }: Place, scope: Scope): ts.Symbol[] {
  const { checker } = scope;
  const fields = fieldsOf(type, checker);
  if (portable) {
    return publicFields(fields).filter((field) => {
      return !isBrandField(field, checker) && hasData(checker.getTypeOfSymbol(field), scope);
    });
  }
  const isSymbol = (field: ts.Symbol) => field.name.startsWith("__@");
  return fields.filter((field) => (isSymbol(field) && !type.isIntersection()) || !isBrandField(field, checker));
}

function readField(symbol: ts.Symbol, parent: string, around: Place, scope: Scope): Field | undefined {
  const { checker } = scope;
  const declaration = symbol.valueDeclaration ?? symbol.declarations?.[0];
  const own = declaration && isOwn(declaration, scope) ? declaration : undefined;
  const written = own && ts.isPropertySignature(own) ? own.type : undefined;
  const place: Place = {
    ...around,
    subject: `'${symbol.name}'`,
    path: `${around.path}.${symbol.name.startsWith("__@") ? "[symbol]" : symbol.name}`,
    name: `${parent}-${symbol.name}`,
    node: written ?? own ?? around.node,
    written: written && writtenPresent(written),
    outside: own ? undefined : (declaration ?? around.outside),
  };
  if (symbol.name.startsWith("__@")) {
    const refusal = refuse("in a field that is named by a symbol", "Name the field by a string.");
    reportRefusal(refusal, checker.getTypeOfSymbol(symbol), { ...place, subject: "One field" }, scope);
    return undefined;
  }
  const isOptional = Boolean(symbol.flags & ts.SymbolFlags.Optional);
  // What the checker made is not what is written: an instance of a generic type, or of a mapped one.
  const byForm = written && !(symbol.flags & ts.SymbolFlags.Transient) ? readWritten(written, place, scope) : undefined;
  const read = byForm ? { type: byForm, hasUndefined: false } : readByType(symbol, isOptional, place, scope);
  return (
    read && {
      name: symbol.name,
      type: read.type,
      optional: isOptional || read.hasUndefined,
      doc: own && !mayHaveDoc(symbol, own) ? "" : docOf(symbol, checker),
      span: scope.span(own ? (ts.getNameOfDeclaration(own) ?? own) : around.node),
      number: 0,
      ...historyOf(declaration),
    }
  );
}

function readByType(
  symbol: ts.Symbol,
  isOptional: boolean,
  place: Place,
  scope: Scope,
): { readonly type: Type; readonly hasUndefined: boolean } | undefined {
  const argument = portableArgument(place.written, scope);
  const of = argument ? scope.checker.getTypeFromTypeNode(argument) : scope.checker.getTypeOfSymbol(symbol);
  const presence = presenceOf(of, scope, argument ? { portable: true } : place);
  // What no value has: `undefined`, `void`, and the other fields of `{ a: string; b?: never } | { a?: never; b: string }`.
  const isAbsent = presence.type.flags & (ts.TypeFlags.Never | ts.TypeFlags.VoidLike) && !presence.hasNull;
  const isVoid = presence.type.flags & ts.TypeFlags.VoidLike;
  if (isAbsent && (isOptional || presence.hasUndefined || isVoid)) return undefined;
  const type = readPresent(presence, place, scope);
  return type && { type, hasUndefined: presence.hasUndefined };
}

/** The comment and the place of a type's declaration; where it has none of its own, the place of its first use. */
export function describeType(
  named: Named | undefined,
  type: ts.Type | undefined,
  place: Place,
  scope: Scope,
): Pick<Message, "doc" | "span"> {
  const symbol = named?.symbol ?? type?.symbol;
  const declaration = symbol?.declarations?.find((candidate) => isOwn(candidate, scope));
  const name = declaration && ts.getNameOfDeclaration(declaration);
  return { doc: named ? docOf(named.symbol, scope.checker) : "", span: scope.span(name ?? declaration ?? place.node) };
}

/** Whether a declaration is in the project's own sources, where people can fix it. */
function isOwn(declaration: ts.Node, { program, isBuiltin }: Reading): declaration is ts.Declaration {
  return !isBuiltin(declaration) && !program.isSourceFileFromExternalLibrary(declaration.getSourceFile());
}

/** Whether a field's declaration has a comment, or may inherit one. */
function mayHaveDoc(symbol: ts.Symbol, declaration: ts.Declaration): boolean {
  if (symbol.declarations?.length !== 1 || !ts.isPropertySignature(declaration)) return true;
  const { parent } = declaration;
  return (
    (ts.isInterfaceDeclaration(parent) && !!parent.heritageClauses) ||
    ts.getJSDocCommentsAndTags(declaration).length > 0
  );
}

function docOf(symbol: ts.Symbol, checker: ts.TypeChecker): string {
  return ts.displayPartsToString(symbol.getDocumentationComment(checker));
}
