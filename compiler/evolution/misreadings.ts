import type { BigintType, FloatType, IntType, Type } from "../model/model.ts";
import { encodingOf } from "../model/number-encoding.ts";
import type { Shape, ShapeEnum, ShapeField, ShapeMessage, ShapeUnion } from "../model/shape.ts";
import { isRest } from "../model/tuples.ts";
import { messageJsonChanges, unionJsonChanges } from "./json-changes.ts";
import type { Misreading, Place } from "./misreading.ts";
import { pairsOf, rootType } from "./pairs.ts";
import { isMeant, isWritten, lackingAt, presentType, readsAs, statesOf } from "./presence.ts";
import { brokenRules } from "./rules.ts";

/**
 * All ways in which records of `old`, which is of that version, come out wrong where code of `now` decodes them: it fails,
 * or the event breaks its rules, or says something else than what was sent. A field that the reader doesn't know is no
 * misreading.
 */
export function misreadings(old: Shape, version: number, now: Shape): Misreading[] {
  const { messages, unions, enums } = pairsOf(old, now);
  return [
    ...readType(rootType(old), rootType(now), { owner: now.name, part: "" }),
    ...messages.flatMap(([was, is]) => readMessage(was, is, version)),
    ...unions.flatMap(([was, is]) => [...readUnion(was, is), ...unionJsonChanges(was, old, is, now)]),
    ...enums.flatMap(([was, is]) => readEnum(was, is)),
  ];
}

function readMessage(was: ShapeMessage, is: ShapeMessage, version: number): Misreading[] {
  const before = new Map(was.fields.map((field) => [field.number, field]));
  const found = is.fields.flatMap((field) => {
    const place = { owner: is.name, part: field.name };
    const old = before.get(field.number);
    if (old) return readField(old, field, version, place);
    // A tuple that goes on says nothing by ending.
    if (isRest(is, field)) return [];
    const reads = lackingAt(version, field);
    return reads === "zero" || reads === "fault" ? [{ ...place, kind: "added" as const, reads }] : [];
  });
  return [...found, ...ambiguous("field", was.fields, is.fields, is.name), ...messageJsonChanges(was, is)];
}

function readField(was: ShapeField, is: ShapeField, version: number, place: Place): Misreading[] {
  const absences = statesOf(was).flatMap((state): Misreading[] => {
    const reads = readsAs(state, was, version, is);
    return isMeant(state, reads) ? [] : [{ ...place, kind: "absence", was: state, reads }];
  });
  if (!isWritten(was)) return absences;
  return [...absences, ...readType(presentType(was.type), presentType(is.type), place)];
}

/** What is wrong with the types themselves; messages, unions and enums are pairs of their own. */
function readType(was: Type, is: Type, place: Place): Misreading[] {
  const isOfOneKind = isNumber(was) && isNumber(is) ? isReadAs(was, is) : was.kind === is.kind;
  if (!isOfOneKind) return [{ ...place, kind: "type", was, is }];
  return [
    ...brokenRules(was, is).map((rule): Misreading => ({ ...place, kind: "rule", ...rule })),
    ...readElements(was, is, place),
  ];
}

function readElements(was: Type, is: Type, place: Place): Misreading[] {
  if (was.kind === "array" && is.kind === "array") return readType(was.items, is.items, place);
  if (was.kind === "record" && is.kind === "record") {
    return [...readType(was.keys ?? TEXT, is.keys ?? TEXT, place), ...readType(was.values, is.values, place)];
  }
  return was.kind === "nullable" && is.kind === "nullable" ? readType(was.of, is.of, place) : [];
}

const TEXT: Type = { kind: "text" };

type NumberType = IntType | FloatType | BigintType;

function isNumber(type: Type): type is NumberType {
  return type.kind === "int" || type.kind === "bigint" || type.kind === "float";
}

/** Integers of one encoding are one on the wire, bigints included. */
function isReadAs(was: NumberType, is: NumberType): boolean {
  return encodingOf(was) === encodingOf(is);
}

function readUnion(was: ShapeUnion, is: ShapeUnion): Misreading[] {
  const known = new Map(is.variants.map((variant) => [variant.number, variant]));
  return was.variants.flatMap(({ number, name, type }): Misreading[] => {
    const variant = known.get(number);
    if (!variant) return [{ owner: is.name, part: "", kind: "unknown", what: "variant", name }];
    return readType(type, variant.type, { owner: is.name, part: variant.name });
  });
}

function readEnum(was: ShapeEnum, is: ShapeEnum): Misreading[] {
  const known = new Set(is.members.map(({ number }) => number));
  const gone = was.members.filter(({ number }) => !known.has(number));
  const valued = ({ members }: ShapeEnum) => members.map(({ value, number }) => ({ name: String(value), number }));
  return [
    ...gone.map(({ name }): Misreading => ({ owner: is.name, part: "", kind: "unknown", what: "member", name })),
    ...ambiguous("value", valued(was), valued(is), is.name),
  ];
}

interface Named {
  readonly name: string;
  readonly number: number;
}

/** Names that stand for one thing in records of before and for another now. */
function ambiguous(what: "field" | "value", was: readonly Named[], is: readonly Named[], owner: string): Misreading[] {
  const numbers = new Map(was.map(({ name, number }) => [name, number]));
  return is.flatMap(({ name, number }): Misreading[] => {
    const before = numbers.get(name);
    if (before === undefined || before === number) return [];
    return [{ owner, part: what === "field" ? name : "", kind: "name", what, name, number: before }];
  });
}
