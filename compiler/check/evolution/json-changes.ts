import { tellApartInJson } from "../../model/json-form.ts";
import type { Shape, ShapeMessage, ShapeUnion } from "../../model/shape.ts";
import { isRest, tupleSize } from "../../model/tuples.ts";
import type { Misreading } from "./misreading.ts";

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

/** How JSON of a union is refused where another one is read. */
export function unionJsonChanges(was: ShapeUnion, old: Shape, is: ShapeUnion, now: Shape): Misreading[] {
  const [before, after] = [unionText(was, old), unionText(is, now)];
  return before === after ? [] : [{ kind: "json", owner: is.name, part: "", was: before, is: after }];
}

function unionText(union: ShapeUnion, shape: Shape): string {
  return tellApartInJson(union, shape).isDistinct
    ? "what its variant is"
    : "an object with one property, called like its variant";
}
