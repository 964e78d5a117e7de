import type { Shape, ShapeField } from "../model/shape.ts";
import type { Releases } from "./earlier.ts";
import type { DefaultChange } from "./misreading.ts";
import { pairsOf } from "./pairs.ts";
import { canBeNull } from "./presence.ts";

/*
 * What stands in for a field in records that have none of it is told by no record, but by the code that reads it. So two
 * releases of one shape that say otherwise read one record in two ways.
 */

/** Fields that two versions of an event have alike, but for what they are in records of versions before. */
export function defaultChanges(old: Shape, now: Shape): DefaultChange[] {
  return pairsOf(old, now).messages.flatMap(([was, is]) =>
    is.fields.flatMap((field): DefaultChange[] => {
      const before = was.fields.find(({ number }) => number === field.number);
      if (before?.standIn === undefined || field.standIn === undefined || !isAlike(before, field)) return [];
      if (JSON.stringify(before.standIn) === JSON.stringify(field.standIn)) return [];
      const place = { owner: is.name, part: field.name };
      return [{ kind: "default", ...place, was: before.standIn, is: field.standIn }];
    }),
  );
}

/** Released versions before that one whose records have none of a field of it, or nothing that it can be. */
export function versionsWithout({ owner, part }: DefaultChange, by: number, now: Shape, releases: Releases): number[] {
  const field = now.messages.find(({ name }) => name === owner)?.fields.find(({ name }) => name === part);
  return [...releases].flatMap(([version, shape]) => {
    if (version >= by || !field) return [];
    const lacks = pairsOf(shape, now).messages.some(([was, is]) => {
      const before = was.fields.find(({ number }) => number === field.number);
      return is.name === owner && (!before || !isAlike(before, field));
    });
    return lacks ? [version] : [];
  });
}

/** Whether two fields may be absent alike, and null alike. */
function isAlike(a: ShapeField, b: ShapeField): boolean {
  return a.optional === b.optional && canBeNull(a.type) === canBeNull(b.type);
}
