import { defaultText } from "../evolution/default-value.ts";
import { isAlike } from "../evolution/look-alikes.ts";
import { pairsOf } from "../evolution/pairs.ts";
import { type Order, verdictOf } from "../evolution/verdict.ts";
import type { Shape, ShapeEnum, ShapeField, ShapeMessage, ShapeUnion } from "../model/shape.ts";
import { added, type Change, changed, removed } from "./change.ts";
import { effectOf } from "./effects.ts";
import { typeText } from "./type-text.ts";

/** How an event's contract changed. */
export interface ContractDiff {
  readonly from: number;
  readonly to: number;
  /**
   * What it takes to deploy it. Where records of `from` would be misread, but none need be left: `unreleased`, it never
   * was released; `retired`, it is no more.
   */
  readonly order: Order | "unreleased" | "retired";
  readonly changes: readonly Change[];
  /** Who knows the event by its names, in JSON: what they are called otherwise now. */
  readonly renames: readonly Change[];
  /** Fields by names that JSON had not before: what doesn't know them refuses them. */
  readonly newProperties: readonly string[];
}

/** A version of an event, and what the lock says of it. */
export interface Version {
  readonly shape: Shape;
  readonly version: number;
  readonly state: "released" | "unreleased" | "retired";
}

/** `undefined`: records look as they did. */
export function diffContracts(before: Version, after: Version): ContractDiff | undefined {
  const [{ shape: old, version: from }, { shape: now, version: to }] = [before, after];
  const verdict = verdictOf(old, from, now);
  if (verdict.order === "same") return undefined;
  const { backward, forward } = verdict;
  const order = verdict.order === "breaking" && before.state !== "released" ? before.state : verdict.order;
  const { messages, enums, unions } = pairsOf(old, now);
  const effect = (owner: string, part: string, oldOwner: string, oldPart: string) =>
    [
      ...backward.filter((found) => isAt(found, owner, part)).map((found) => effectOf(found, "now")),
      ...forward.filter((found) => isAt(found, oldOwner, oldPart)).map((found) => effectOf(found, "old")),
    ].join("; ");
  const fields = messages.flatMap(([was, is]) =>
    diffFields(was, is, effect, (before, field) => {
      return isAlike(before.type, old, field.type, now);
    }),
  );
  const changes = [
    ...fields,
    ...unions.flatMap(([was, is]) => diffVariants(was, is, effect)),
    ...enums.flatMap(([was, is]) => diffMembers(was, is, effect)),
  ];
  const isRename = ({ kind, was, is }: Change) =>
    kind === "changed" && was.startsWith("named ") && is.startsWith("named ");
  const newProperties = fields.filter((change) => change.kind === "added" || isRename(change)).map(({ what }) => what);
  return { from, to, order, changes, renames: changes.filter(isRename), newProperties };
}

interface At {
  readonly owner: string;
  readonly part: string;
  readonly name?: string;
}

/** Misreadings of values and variants are at their owner, and name them. */
function isAt({ owner, part, name }: At, wantedOwner: string, wanted: string): boolean {
  return wanted !== "" && owner === wantedOwner && (part === wanted || (part === "" && name === wanted));
}

type EffectAt = (owner: string, part: string, oldOwner: string, oldPart: string) => string;

function diffFields(
  was: ShapeMessage,
  is: ShapeMessage,
  effect: EffectAt,
  isAlike: (old: ShapeField, now: ShapeField) => boolean,
): Change[] {
  const known = new Set(was.fields.map(({ number }) => number));
  const fresh = is.fields.filter(({ number }) => !known.has(number));
  /** What becomes of a removed field's values. */
  const loss = (field: ShapeField) => {
    const alike = fresh.filter((one) => isAlike(field, one)).map(({ name }) => `'${name}'`);
    if (alike.length === 0) return "";
    return `new code ignores it in old records; if ${alike.join(" or ")} is it under a new name, tag that \`@was ${field.name}\``;
  };
  return diffParts(was.fields, is.fields, {
    owner: `${is.name}.`,
    added: (field) => added(`${is.name}.${field.name}`, fieldText(field), effect(is.name, field.name, was.name, "")),
    removed: (field) =>
      removed(
        `${is.name}.${field.name}`,
        fieldText(field),
        [effect(is.name, "", was.name, field.name), loss(field)].filter((text) => text !== "").join("; "),
      ),
    changed: (old, now) => {
      const what = `${is.name}.${now.name}`;
      const defaults = defaultTexts(old, now);
      const followed = effect(is.name, now.name, was.name, old.name);
      return [
        ...changed(what, `named ${old.name}`, `named ${now.name}`),
        ...changed(what, `${fieldText(old)}${defaults.was}`, `${fieldText(now)}${defaults.is}`, followed),
      ];
    },
  });
}

function diffVariants(was: ShapeUnion, is: ShapeUnion, effect: EffectAt): Change[] {
  return diffParts(was.variants, is.variants, {
    owner: `${is.name}: variant `,
    added: ({ name }) => added(`${is.name}: variant ${name}`, "", effect(is.name, "", was.name, name)),
    removed: ({ name }) => removed(`${is.name}: variant ${name}`, "", effect(is.name, name, was.name, "")),
    changed: (old, now) => changed(`${is.name}: variant ${now.name}`, typeText(old.type), typeText(now.type)),
  });
}

function diffMembers(was: ShapeEnum, is: ShapeEnum, effect: EffectAt): Change[] {
  return diffParts(was.members, is.members, {
    owner: `${is.name}: value `,
    added: ({ name }) => added(`${is.name}: value ${name}`, "", effect(is.name, "", was.name, name)),
    removed: ({ name }) => removed(`${is.name}: value ${name}`, "", effect(is.name, name, was.name, "")),
    changed: (old, now) => changed(`${is.name}: value ${now.name}`, `named ${old.value}`, `named ${now.value}`),
  });
}

interface Differ<T> {
  readonly added: (part: T) => Change;
  readonly removed: (part: T) => Change;
  readonly changed: (was: T, is: T) => Change[];
  /** What it is called, before its name. */
  readonly owner: string;
}

/** One number stands for one thing, under another name, unless either name stands for something else as well. */
function diffParts<T extends { readonly number: number; readonly name: string }>(
  was: readonly T[],
  is: readonly T[],
  differ: Differ<T>,
): Change[] {
  const old = new Map(was.map((part) => [part.number, part]));
  const [oldNames, names] = [was, is].map((parts) => new Map(parts.map((part) => [part.name, part])));
  const before = (part: T): T | undefined => {
    const same = old.get(part.number);
    const isOther = same && same.name !== part.name && (names!.has(same.name) || oldNames!.has(part.name));
    return isOther ? undefined : same;
  };
  const kept = new Set(is.map(before));
  return [
    ...is.flatMap((part) => {
      const same = before(part);
      if (same) return differ.changed(same, part);
      const other = oldNames!.get(part.name);
      if (!other) return [differ.added(part)];
      const effect = "records that have it by its former number are misread";
      return changed(`${differ.owner}${part.name}`, `number ${other.number}`, `number ${part.number}`, effect);
    }),
    ...was.filter((part) => !kept.has(part) && !names!.has(part.name)).map(differ.removed),
  ];
}

/** Behind the fields' texts, where they are not the same in records that have none. */
function defaultTexts(old: ShapeField, now: ShapeField): { readonly was: string; readonly is: string } {
  if (old.standIn === undefined || now.standIn === undefined) return { was: "", is: "" };
  const [was, is] = [defaultText(old.standIn, old.type), defaultText(now.standIn, now.type)];
  return was === is ? { was: "", is: "" } : { was: `, @default ${was}`, is: `, @default ${is}` };
}

function fieldText({ type, optional }: ShapeField): string {
  return `${optional ? "optional " : ""}${typeText(type)}`;
}
