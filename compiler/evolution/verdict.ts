import type { Shape } from "../model/shape.ts";
import { isSameShape } from "../model/shape.ts";
import { defaultChanges } from "./default-changes.ts";
import type { DefaultChange, Misreading } from "./misreading.ts";
import { misreadings } from "./misreadings.ts";

/**
 * What it takes to deploy one version after another.
 * - `same`: records look the same.
 * - `safe`: code of either version reads the records of both right, so the order is free.
 * - `readers-first`: code of the old version would misread new records. Workers hold them until they are replaced; all
 *   else that reads has to be deployed before anything that sends.
 * - `breaking`: code of the new version would misread records of the old one, wherever they still wait.
 */
export type Order = "same" | "safe" | "readers-first" | "breaking";

export interface Verdict {
  readonly order: Order;
  /** How code of the new version misreads records of the old one. */
  readonly backward: readonly (Misreading | DefaultChange)[];
  /** How code of the old version misreads records of the new one. */
  readonly forward: readonly Misreading[];
}

/** Compares two versions of one event; `oldVersion` is what the old records say that they are. */
export function verdictOf(old: Shape, oldVersion: number, now: Shape): Verdict {
  const defaults = defaultChanges(old, now);
  if (defaults.length === 0 && isSameShape(old, now)) return { order: "same", backward: [], forward: [] };
  const backward = [...misreadings(old, oldVersion, now), ...defaults];
  // To old code, what is new has the version after its own; what it knows of still older records is no matter here.
  // JSON that it has another form for it refuses, as it does all JSON with properties that it doesn't know.
  const forward = misreadings(now, Infinity, old).filter(({ kind }) => kind !== "json");
  const order = backward.length > 0 ? "breaking" : forward.length > 0 ? "readers-first" : "safe";
  return { order, backward, forward };
}
