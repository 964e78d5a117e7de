import type { Event, Message } from "../model/model.ts";
import { upperCamel } from "../model/naming.ts";
import { unique } from "./names.ts";
import { importingNames, mutable, type TypeNames } from "./type-text.ts";
import { elementPath, type Wrapped, type Wrapper, wrappersOf } from "./wrappers.ts";

/** What `codec.ts` takes from the runtime and from JavaScript, which the event's types must not be mistaken for. */
const ELSEWHERE = ["Date", "Object", "Reader", "Record", "Uint8Array", "Writer"];

/** What the parts of a codec are called. */
export interface CodecNames {
  readonly types: TypeNames;
  /** Of values that are being read. */
  readonly reading: TypeNames;
  /** What is imported from event.ts. */
  readonly imported: readonly string[];
  readonly wrappers: (message: Message) => readonly Wrapper[];
  readonly wrapperStem: (place: Place) => string;
  readonly entryStem: (place: Place) => string;
}

/** A field of a message, or an element of it: what the functions of its wrappers and map entries are named by. */
export interface Place {
  readonly names: CodecNames;
  readonly message: Message;
  /** See `Wrapper`. */
  readonly path: string;
}

export function inside(place: Place, type: Wrapped): Place {
  return { ...place, path: elementPath(place.path, type) };
}

export function codecNames(event: Event): CodecNames {
  const { names: types, imported } = importingNames(event, ELSEWHERE);
  const taken = new Set([...event.messages, ...event.enums].map(({ name }) => name));
  const wrappers = new Map(event.messages.map((message) => [message, wrappersOf(message, event)]));
  const stems = new Map<string, string>();
  const key = ({ message, path }: Place) => `${message.name}/${path}`;

  for (const [message, inner] of wrappers) {
    const ofPath = new Map(message.fields.map(({ name, number }) => [String(number), upperCamel(name)]));
    for (const { path, name } of inner.values()) {
      stems.set(`${message.name}/${path}`, unique(`${message.name}${name}`, taken));
      ofPath.set(path, name);
    }
    for (const [path, name] of ofPath) {
      stems.set(`${message.name}/${path}/entry`, unique(`${message.name}${name}Entry`, taken));
    }
  }

  return {
    types,
    reading: mutable(types),
    imported,
    wrappers: (message) => [...(wrappers.get(message)?.values() ?? [])],
    wrapperStem: (place) => stems.get(key(place))!,
    entryStem: (place) => stems.get(`${key(place)}/entry`)!,
  };
}
