import type { Json } from "../../text/json.ts";
import { float, leavesOf, NULL, nullable, type Shape, shortened, text, unionOf } from "../shape.ts";
import { reportDropped } from "./keywords.ts";
import { haveNoLiteral } from "./literals.ts";
import { tagsOf } from "./object.ts";
import { joined, type Parts, partsOf, typesOf, valuesOf } from "./parts.ts";
import type { Use } from "./scope.ts";

/** One `anyOf` or `oneOf`. */
export interface Alternatives {
  readonly keyword: "anyOf" | "oneOf";
  readonly at: Json;
  readonly branches: readonly Json[];
}

/** All alternatives of the parts that say of which type a value is. The others, mere rules, are reported. */
export function alternativesOf(parts: Parts, { scope }: Use): Alternatives[] {
  return (["anyOf", "oneOf"] as const).flatMap((keyword) =>
    valuesOf(parts, keyword).flatMap(({ part, value }) => {
      const branches = value.kind === "array" ? value.items : [];
      if (branches.every((branch) => isRule(branch))) {
        const reason = "its alternatives tell no types apart";
        reportDropped(part, keyword, reason, scope);
        return [];
      }
      return [{ keyword, at: value, branches }];
    }),
  );
}

/** What asks for something of a value without saying what it is: `{ "required": ["a"] }`. */
function isRule(schema: Json): boolean {
  if (schema.kind !== "object") return false;
  return [...schema.entries.keys()].every((key) => /^(required|not|if|then|else|min|max|pattern$|dependent)/.test(key));
}

/** The union of a schema's alternatives, each together with what holds for all of them. */
export function readAlternatives(
  parts: Parts,
  { branches, at, keyword }: Alternatives,
  use: Use,
  readParts: (parts: Parts, use: Use) => Shape | undefined,
): Shape | undefined {
  const rest = { ...parts, settled: [...parts.settled, at] };
  const all = branches.map((branch) => partsOf(branch, use.scope.documents));
  if (all.some((branch) => leadsBack(branch, rest))) return refuseEndless(at, use);
  const wholes = all.map((branch) => joined(rest, branch));
  const possible = wholes.filter((whole) => !isOnly("nothing", whole) && !haveNoLiteral(whole));
  const valued = possible.filter((whole) => !isOnly("null", whole));
  if (valued.length === 0 && possible.length > 0) return NULL;
  const shapes: Shape[] = [];
  for (const whole of valued) {
    const i = wholes.indexOf(whole);
    const wish = valued.length > 1 ? `${use.wish}-${labelOf(all[i]!, i, use)}` : use.wish;
    const shape = readParts(whole, { ...use, wish });
    if (shape) shapes.push(shape);
  }
  if (shapes.length < valued.length) return undefined;
  if (shapes.length === 0) return use.refuse(at, keyword, "of which no alternative is possible", "Fix the schema.");
  const union = widened(unionOf(shapes), at, use);
  const refuse = (alike: readonly string[]) => {
    const found = `${keyword}: ${shapes.map(({ text }) => text).join(" | ")}`;
    const fix = 'Give each object a required property with a const of its own, such as "kind".';
    use.refuse(at, found, `and nothing tells ${alike.map(shortened).join(" and ")} apart`, fix);
  };
  if (union.members) use.scope.noteUnion({ members: union.members, refuse });
  return valued.length < possible.length ? nullable(union) : union;
}

/** Whether an alternative has alternatives of which it is one. */
function leadsBack({ all }: Parts, { settled }: Parts): boolean {
  return all.some(({ entries }) => [...entries.values()].some((value) => settled.includes(value)));
}

/** Refuses a schema that asks for itself before it says anything. */
export function refuseEndless(at: Json, use: Use): undefined {
  const fix = "Put an object in between.";
  return use.refuse(at, "$ref", "which leads back to itself, or on and on, with no object in between", fix);
}

/** Whether parts allow null alone, or contradict each other. */
function isOnly(what: "null" | "nothing", parts: Parts): boolean {
  const { names, isNullable, isImplied } = typesOf(parts);
  return !isImplied && names.length === 0 && isNullable === (what === "null");
}

/** Strings under different rules are strings, and numbers numbers: a type has one rule for all. */
function widened(union: Shape, at: Json, { scope: { reading, documents } }: Use): Shape {
  const plain = { string: text(), number: float() } as const;
  let members = union.members ?? [];
  for (const kind of ["string", "number"] as const) {
    const isAlike = ({ kinds }: Shape) => kinds[0] === kind;
    const alike = unionOf(members.flatMap(leavesOf).filter(isAlike)).members ?? [];
    if (alike.length < 2 || alike.every(({ literal }) => literal !== undefined)) continue;
    members = members
      .flatMap((member) => (leavesOf(member).some(isAlike) ? leavesOf(member) : [member]))
      .map((leaf) => (isAlike(leaf) ? plain[kind] : leaf));
    const rule = `Which ${kind} it is, by the rules of ${alike.map((member) => shortened(member.text)).join(" or ")},`;
    const reason = `a type has one rule for all its ${kind}s`;
    const fix = "Check it in the handler.";
    reading.report("rule-dropped", documents.placeOf(at), { rule, reason, fix });
  }
  return members.length > 0 ? unionOf(members) : union;
}

/** What an object without a name is called behind the union: its tag, or its position. */
function labelOf(branch: Parts, position: number, { scope }: Use): string {
  const [[tag] = []] = [...tagsOf(branch, scope).values()];
  return typeof tag === "string" && /[a-z]/i.test(tag) ? tag : String(position + 1);
}
