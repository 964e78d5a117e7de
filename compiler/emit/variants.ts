import type { Event, Union } from "../model/model.ts";
import { type Choice, type Group, tellApart, type ValueKind } from "../model/tell-apart.ts";
import { literalOf } from "../text/source.ts";

/*
 * How generated code sees which variant a value is of. The validator and the codec ask the same, in the same order.
 */

const KINDS: readonly ValueKind[] = ["string", "number", "bigint", "boolean", "date", "bytes", "list", "object"];

/** The kinds of value that a union has, in the order in which to ask for them: a list is an object too. */
export function kindsOf(union: Union, event: Event): (readonly [ValueKind, Choice])[] {
  const distinction = tellApart(union, event);
  // Reading refuses the others.
  const found = distinction.isDistinct ? [...distinction.byKind] : [];
  return found.sort(([a], [b]) => KINDS.indexOf(a) - KINDS.indexOf(b));
}

/** Whether a value is of that kind, given that it is of none before. */
export function isOfKind(kind: ValueKind, value: string): string {
  switch (kind) {
    case "date":
      return `${value} instanceof Date`;
    case "bytes":
      return `${value} instanceof Uint8Array`;
    case "list":
      return `Array.isArray(${value})`;
    default:
      return `typeof ${value} === "${kind}"`;
  }
}

const NOTHING: ReadonlySet<string> = new Set(["undefined", "null"]);

/** The groups in the order in which to ask for them: the last is what is left. */
export function inOrder(groups: readonly Group[]): Group[] {
  // What lacks the field goes first, so that a wrong value of it is told as such.
  const lacks = ({ literals, looks }: Group) => literals.length === 0 && looks.every((look) => NOTHING.has(look));
  const size = (group: Group) => group.literals.length + group.looks.length - (lacks(group) ? 10 : 0);
  return groups.toSorted((a, b) => size(a) - size(b));
}

/** What holds of a field's value, in generated code, in a variant of the group: one of these. */
export function groupTests({ literals, looks }: Group, value: string): string[] {
  return [
    ...literals.map((literal) => `${value} === ${literalOf(literal)}`),
    ...looks.map((look) => {
      if (look === "undefined" || look === "null") return `${value} === ${look}`;
      return look === "object"
        ? `(typeof ${value} === "object" && ${value} !== null)`
        : `typeof ${value} === "${look}"`;
    }),
  ];
}
