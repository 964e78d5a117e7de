import type { UseCaseSettings } from "../../runtime/contract/contract.ts";
import { emitManifest } from "../emit/manifest.ts";
import type { Lock } from "../lock/lock-file.ts";
import { entriesOf, mapOf } from "../lock/lock-json.ts";
import { readShape } from "../lock/lock-releases.ts";
import type { UseCase } from "../model/model.ts";
import type { Shape } from "../model/shape.ts";
import type { PlaceValues } from "../settings/values.ts";
import { parseJson } from "../text/json.ts";

/** What a project is at some commit, as its generated files tell. */
export type State = ReadonlyMap<string, UseCaseState>;

export interface UseCaseState extends ManifestEntry {
  /** `undefined`: the files of that commit don't tell. */
  readonly shape: Shape | undefined;
  /** Numbers of released versions, ascending. */
  readonly released: readonly number[];
  /** The last version of which no record is left anywhere; 0: none. */
  readonly retired: number;
}

/** Of `manifest.json`. */
export interface ManifestEntry {
  readonly name: string;
  readonly file: string;
  readonly owner: string;
  readonly event: { readonly name: string; readonly version: number };
  readonly topics: readonly Topic[];
  /** The use cases that its handlers may enqueue to; absent where the manifest is of an older fivefold. */
  readonly feeds?: readonly string[];
  /** Fields of the event. */
  readonly keys: PlaceValues<"keys">;
  /** Absent where the manifest is of an older fivefold. */
  readonly execution?: PlaceValues<"execution">;
  /** Never there: what is written follows from it, and nothing else. */
  readonly files?: PlaceValues<"files">;
  readonly settings: UseCaseSettings;
}

export interface Topic {
  readonly name: string;
  readonly ordered: boolean;
  readonly subscriptions: readonly string[];
}

/** What a project has on the disk: texts of its generated files, `undefined` where it has none of that name, and its lock. */
export interface StateFiles {
  readonly manifest: string | undefined;
  readonly shapes: string | undefined;
  readonly lock: Lock;
}

/** What generated files tell. Throws an Error on texts that are none. */
export function readState({ manifest, shapes, lock }: StateFiles): State {
  const known = shapes === undefined ? new Map<string, Shape>() : readShapes(shapes);
  return stateOf(manifest === undefined ? [] : readManifest(manifest), known, lock);
}

/** The same of use cases as they are now, whether or not their files could be written. */
export function currentState(useCases: readonly UseCase[], lock: Lock): State {
  const events = new Map(useCases.map(({ name, event }) => [name, event] as const));
  return stateOf(readManifest(emitManifest(useCases).text), events, lock);
}

function stateOf(entries: readonly ManifestEntry[], shapes: ReadonlyMap<string, Shape>, lock: Lock): State {
  return new Map(
    entries.map((entry) => {
      const { releases = new Map<number, Shape>(), retired = 0 } = lock.get(entry.name) ?? {};
      return [entry.name, { ...entry, shape: shapes.get(entry.name), released: [...releases.keys()], retired }];
    }),
  );
}

function readManifest(text: string): readonly ManifestEntry[] {
  const { manifestVersion, useCases } = JSON.parse(text) as Partial<Record<string, unknown>>;
  if (manifestVersion !== 1 || !Array.isArray(useCases)) {
    throw new Error(`its manifestVersion is ${String(manifestVersion)}, and this fivefold knows 1`);
  }
  return (useCases as Written[]).map((entry) => ({ ...entry, keys: entry.keys ?? keysOf(entry) }));
}

type Written = Omit<ManifestEntry, "keys"> & Partial<Pick<ManifestEntry, "keys">>;

/** A manifest of an older fivefold tells whether there is a key, and not which field it is. */
function keysOf({ settings: { dedupeForMs, ordered, fair } }: Written): PlaceValues<"keys"> {
  const field = (isSet: boolean) => (isSet ? "a field" : null);
  return { dedupeBy: field(dedupeForMs > 0), orderBy: field(ordered), fairBy: field(fair), limitBy: null };
}

function readShapes(text: string): ReadonlyMap<string, Shape> {
  const entries = entriesOf(parseJson(text, SHAPES_DEPTH), ["shapesVersion", "useCases"]);
  return mapOf(entries.get("useCases")!, (shape) => readShape(shape));
}

const SHAPES_DEPTH = 64;
