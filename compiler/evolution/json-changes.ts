import { tellApartInJson } from "../model/json-form.ts";
import type { Shape, ShapeMessage, ShapeUnion, ShapeVariant } from "../model/shape.ts";
import type { Choice } from "../model/tell-apart.ts";
import { isRest, tupleSize } from "../model/tuples.ts";
import type { Misreading } from "./misreading.ts";
import { presentType } from "./presence.ts";

/*
 * What is one on the wire may be two things in JSON: there tuples are arrays, and some unions say which variant they hold.
 */

/** How JSON of a message is refused where another one is read. */
export function messageJsonChanges(was: ShapeMessage, is: ShapeMessage): Misreading[] {
  const [before, after] = [messageText(was), messageText(is)];
  if (was.tuple && is.tuple) {
    const [old, now] = [tupleSize(was), tupleSize(is)];
    const isLonger = now.least <= old.least && (now.most ?? Infinity) >= (old.most ?? Infinity);
    const isMoved = was.fields.some((field) => {
      const same = is.fields.find(({ number }) => number === field.number);
      return same !== undefined && isRest(was, field) !== isRest(is, same);
    });
    return isLonger && !isMoved ? [] : [{ kind: "json", owner: is.name, part: "", was: before, is: after }];
  }
  return before === after ? [] : [{ kind: "json", owner: is.name, part: "", was: before, is: after }];
}

function messageText(message: ShapeMessage): string {
  if (!message.tuple) return "an object";
  const { least, most } = tupleSize(message);
  if (most === undefined) return `an array of at least ${least} items`;
  return `an array of ${least === most ? least : `${least} to ${most}`} items`;
}

/** How JSON of a union is refused, or one of its variants taken for another, where another one is read. */
export function unionJsonChanges(was: ShapeUnion, old: Shape, is: ShapeUnion, now: Shape): Misreading[] {
  const [before, after] = [unionText(was, old), unionText(is, now)];
  if (before !== after) return [{ kind: "json", owner: is.name, part: "", was: before, is: after }];
  const distinction = tellApartInJson(is, now);
  const choices = distinction.isDistinct ? [...distinction.byKind.values()] : [];
  const earlier = literalsOf(was, old);
  return choices.flatMap(tagsOf).flatMap(({ field, literal, variants }): Misreading[] => {
    const holders = earlier.filter((one) => one.field === field && one.literal === literal).map(({ number }) => number);
    const [number] = holders;
    if (number === undefined || variants.some((variant) => holders.includes(variant.number))) return [];
    return [{ kind: "name", owner: is.name, part: "", what: "value", name: String(literal), number }];
  });
}

interface Tag {
  readonly field: string;
  readonly literal: string | number | boolean;
  readonly variants: readonly ShapeVariant[];
}

/** The literals that variants are told by. */
function tagsOf(choice: Choice): Tag[] {
  if (choice.kind === "variant") return [];
  return choice.groups.flatMap(({ literals, then }) => [
    ...literals.map((literal) => ({ field: choice.field, literal, variants: variantsIn(then) })),
    ...tagsOf(then),
  ]);
}

function variantsIn(choice: Choice): ShapeVariant[] {
  return choice.kind === "variant" ? [choice.variant] : choice.groups.flatMap(({ then }) => variantsIn(then));
}

/** All literals that variants have in fields, and the variants' numbers. */
function literalsOf({ variants }: ShapeUnion, { messages, enums }: Shape) {
  return variants.flatMap(({ number, type }) => {
    const message = messages.find(({ name }) => type.kind === "message" && name === type.name);
    return (message?.fields ?? []).flatMap((field) => {
      const of = presentType(field.type);
      const members = enums.find(({ name }) => of.kind === "enum" && name === of.name)?.members ?? [];
      return members.map(({ value }) => ({ field: field.name, literal: value, number }));
    });
  });
}

function unionText(union: ShapeUnion, shape: Shape): string {
  return tellApartInJson(union, shape).isDistinct
    ? "what its variant is"
    : "an object with one property, called like its variant";
}
