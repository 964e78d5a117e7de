import type { Field } from "./model.ts";
import type { ShapeMessage } from "./shape.ts";

/*
 * Tuples are messages on the wire and arrays in TypeScript and JSON.
 */

/** How many elements there may be; `most` is undefined where there is no bound. */
export function tupleSize({ fields, tuple }: ShapeMessage): {
  readonly least: number;
  readonly most: number | undefined;
} {
  const fixed = tuple?.isOpen ? fields.slice(0, -1) : fields;
  return { least: fixed.filter(({ optional }) => !optional).length, most: tuple?.isOpen ? undefined : fixed.length };
}

/** Whether it is what all elements from there on are. */
export function isRest({ fields, tuple }: ShapeMessage, { number, name }: Pick<Field, "name" | "number">): boolean {
  const last = fields.at(-1);
  return Boolean(tuple?.isOpen) && last?.number === number && last.name === name;
}
