import type { Event } from "../../model/model.ts";
import { upperCamel } from "../../model/naming.ts";
import { importingNames, mutable, type TypeNames } from "../modules/type-text.ts";
import { unique } from "../names.ts";
import { elementPath, namesOf, type Owner, partsOf, type Wrapped, type Wrapper, wrappersOf } from "../wrappers.ts";

/** What `codec.ts` takes from the runtime and from JavaScript, which the event's types must not be mistaken for. */
const ELSEWHERE = ["ABSENT", "Date", "Json", "Object", "Reader", "Record", "Uint8Array", "Writer"];

/** What the parts of a codec are called. */
export interface CodecNames {
  readonly types: TypeNames;
  /** Of values that are being read. */
  readonly reading: TypeNames;
  /** What is imported from event.ts. */
  readonly imported: readonly string[];
  /** What functions of no type of its own are called after, that or the like. */
  readonly stemFor: (preferred: string) => string;
  readonly wrappers: (owner: Owner) => readonly Wrapper[];
  readonly wrapperStem: (place: Place) => string;
  readonly entryStem: (place: Place) => string;
}

/** A field of a message, a variant of a union, or an element of it: what the functions of its wrappers and map entries are named by. */
export interface Place {
  readonly names: CodecNames;
  readonly owner: Owner;
  /** See `Wrapper`. */
  readonly path: string;
}

export function inside(place: Place, type: Wrapped): Place {
  return { names: place.names, owner: place.owner, path: elementPath(place.path, type) };
}

export function codecNames(event: Event): CodecNames {
  const { names: types, imported } = importingNames(event, ELSEWHERE);
  const taken = new Set(namesOf(event));
  const wrapperStems = new Map<Owner, ReadonlyMap<string, string>>();
  const entryStems = new Map<Owner, ReadonlyMap<string, string>>();

  for (const owner of [...event.messages, ...event.unions]) {
    const ofWrappers = new Map<string, string>();
    const ofEntries = new Map<string, string>();
    for (const { name, number } of partsOf(owner)) ofEntries.set(String(number), upperCamel(name));
    for (const { path, name } of wrappersOf(owner, event)) {
      ofWrappers.set(path, unique(`${owner.name}${name}`, taken));
      ofEntries.set(path, name);
    }
    ofEntries.forEach((name, path) => {
      ofEntries.set(path, unique(`${owner.name}${name}Entry`, taken));
    });
    wrapperStems.set(owner, ofWrappers);
    entryStems.set(owner, ofEntries);
  }

  return {
    types,
    reading: mutable(types),
    imported,
    stemFor: (preferred) => unique(preferred, taken),
    wrappers: (owner) => wrappersOf(owner, event),
    wrapperStem: ({ owner, path }) => wrapperStems.get(owner)!.get(path)!,
    entryStem: ({ owner, path }) => entryStems.get(owner)!.get(path)!,
  };
}
