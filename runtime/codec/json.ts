import type { Json } from "../authoring/types.ts";
import { InvalidEventError, type Violation } from "../contract/errors.ts";
import { isObject, type JsonPart, lazily, ownProperty } from "./json-part.ts";
import { allViolations, JsonReading } from "./json-reading.ts";
import { bigintFromJson, biguintFromJson, bytesFromJson, bytesToJson, timestampFromJson } from "./json-scalars.ts";
import { setEntry } from "./wire-reader.ts";

export type { JsonPart } from "./json-part.ts";
export { taggedUnion, union } from "./json-union.ts";

/*
 * Events as JSON: what differs from event to event is generated, as parts put together; what parts do is here. Rules
 * that JSON and TypeScript share are left to the validator, so that there is one that knows them.
 */

/** An event's form in JSON, by its `contracts/*.schema.json`. */
export interface JsonEvent<E> {
  /** Throws an InvalidEventError that names every offending field, properties that the event has not among them. */
  fromJson(value: unknown): E;
  /** Of a valid event. */
  toJson(event: E): Json;
}

/** Puts an event's JSON together. Generated code calls this. */
export function event<E>(
  useCase: string,
  root: JsonPart,
  validate: (value: unknown) => readonly Violation[] | undefined,
): JsonEvent<E> {
  return {
    fromJson(value) {
      const reading = new JsonReading();
      const result = readSafely(root, value, reading);
      const violations = validate(result);
      if (reading.violations.length > 0 || violations) {
        throw new InvalidEventError(useCase, allViolations(reading.violations, violations ?? []));
      }
      return result as E;
    },
    toJson: (event) => root.write(event),
  };
}

function readSafely(root: JsonPart, value: unknown, reading: JsonReading): unknown {
  try {
    return root.read(value, reading);
  } catch {
    reading.unreadable();
    return value;
  }
}

/** What is the same in JSON: texts, numbers, booleans, null. */
export const plain: JsonPart = { write: (value) => value as Json, read: (value) => value };

export const timestamp: JsonPart = scalar(
  "a date and time in RFC 3339, in the years 1 to 9999",
  timestampFromJson,
  (value: Date) => value.toISOString(),
);

export const bigint: JsonPart = scalar(
  "a string of decimal digits, of an integer of 64 bits",
  bigintFromJson,
  (value: bigint) => value.toString(),
);

export const biguint: JsonPart = scalar(
  "a string of decimal digits, of an integer of 64 bits without a sign",
  biguintFromJson,
  (value: bigint) => value.toString(),
);

/** Limits are inclusive. */
export function bytes(minLength = 0, maxLength = Number.POSITIVE_INFINITY): JsonPart {
  const read = (value: unknown) => {
    const read = bytesFromJson(value);
    return read && read.length >= minLength && read.length <= maxLength ? read : undefined;
  };
  const length =
    maxLength < Number.POSITIVE_INFINITY
      ? ` of ${minLength} to ${maxLength} bytes`
      : minLength > 0
        ? ` of at least ${minLength} bytes`
        : "";
  return scalar(`base64 with padding${length}`, read, bytesToJson);
}

function scalar<T>(rule: string, read: (value: unknown) => T | undefined, write: (value: T) => string): JsonPart {
  return {
    write: (value) => write(value as T),
    read: (value, reading, orNull = "") => read(value) ?? reading.fault(`must be ${rule}${orNull}`, value),
  };
}

/** What was an integer in earlier versions, whose JSON has a number. */
export const bigintOrInt: JsonPart = orInt(bigint);
export const biguintOrInt: JsonPart = orInt(biguint);

function orInt(part: JsonPart): JsonPart {
  return {
    ...part,
    read: (value, reading, orNull) =>
      Number.isSafeInteger(value) ? BigInt(value as number) : part.read(value, reading, orNull),
  };
}

/** Literals of which some were others in earlier versions, each with what it is now. */
export function renamedValues(values: readonly (readonly [former: unknown, now: unknown])[]): JsonPart {
  const current = new Map(values);
  return { ...plain, read: (value) => (current.has(value) ? current.get(value) : value) };
}

/** A field that was called otherwise in earlier versions. */
export function renamed(part: JsonPart, ...formerNames: readonly string[]): JsonPart {
  return { ...part, formerNames };
}

/** A field that is there, but may be lacking in JSON of earlier versions: then it is what `make` makes. */
export function lacking(part: JsonPart, make: () => unknown): JsonPart {
  return {
    ...part,
    read: (value, reading, orNull) => (value === undefined ? make() : part.read(value, reading, orNull)),
  };
}

/** The same where it may also be null in them. */
export function lackingOrNull(part: JsonPart, make: () => unknown): JsonPart {
  return lacking({ ...part, read: (value, ...rest) => (value === null ? make() : part.read(value, ...rest)) }, make);
}

/** What may be absent. */
export function optional(part: JsonPart): JsonPart {
  return {
    ...part,
    read: (value, reading, orNull) => (value === undefined ? value : part.read(value, reading, orNull)),
  };
}

export function nullable(part: JsonPart): JsonPart {
  return {
    write: (value) => (value === null ? value : part.write(value)),
    read: (value, reading) => (value === null ? value : part.read(value, reading, " or null")),
  };
}

export function list(items: JsonPart): JsonPart {
  return {
    write: (value) => (value as readonly unknown[]).map(items.write),
    read: (value, reading) => {
      if (!Array.isArray(value) || value.length > MAX_ITEMS) return value;
      const result: unknown[] = [];
      for (let i = 0; i < value.length && !reading.isFull; i++) {
        reading.enter(i);
        result.push(items.read(value[i], reading));
        reading.leave();
      }
      return result;
    },
  };
}

/** As validators have it, for lists without a limit of their own. */
const MAX_ITEMS = 1_048_576;

/** A record by string keys; what is undefined in it is not there. */
export function record(values: JsonPart): JsonPart {
  return {
    write: (value) => {
      const result: Record<string, Json> = {};
      for (const [key, item] of Object.entries(value as object)) {
        if (item !== undefined) setEntry(result, key, values.write(item));
      }
      return result;
    },
    read: (value, reading) => {
      if (!isObject(value)) return value;
      const result: Record<string, unknown> = {};
      for (const [key, item] of Object.entries(value)) {
        if (reading.isFull) break;
        reading.enter(key);
        setEntry(result, key, values.read(item, reading));
        reading.leave();
      }
      return result;
    },
  };
}

/** A field that a message once had: it may still be sent, and is ignored. */
export const removed: JsonPart = { write: () => null, read: () => undefined };

/** A message by its name and fields; they are asked for when they are first needed, since messages may hold each other. */
export function message(name: string, fields: () => Readonly<Record<string, JsonPart>>): JsonPart {
  const parts = lazily(() => new Map(Object.entries(fields())));
  const unknown = `must be absent: ${name} has no field of that name`;

  return {
    write: (value) => {
      const result: Record<string, Json> = {};
      for (const [field, part] of parts()) {
        const held = part === removed ? undefined : propertyOf(value as object, field);
        if (held !== undefined) setEntry(result, field, part.write(held));
      }
      return result;
    },
    read: (value, reading) => {
      if (!isObject(value) || !reading.enterObject()) return value;
      const result: Record<string, unknown> = {};
      const former = new Set<string>();
      for (const [field, part] of parts()) {
        const name = part.formerNames ? nameIn(value, field, part.formerNames) : field;
        if (name !== field) former.add(name);
        reading.enter(field);
        const read = part.read(ownProperty(value, name), reading);
        if (read !== undefined) setEntry(result, field, read);
        reading.leave();
      }
      for (const field of Object.keys(value)) {
        if (reading.isFull) break;
        if (parts().has(field) || former.has(field)) continue;
        reading.enter(field);
        reading.fault(unknown, ownProperty(value, field));
        reading.leave();
      }
      reading.leaveObject();
      return result;
    },
  };
}

/** What a field is called in that object: what it is called now, unless only a former name is there. */
function nameIn(value: object, name: string, formerNames: readonly string[]): string {
  if (Object.hasOwn(value, name)) return name;
  return formerNames.find((former) => Object.hasOwn(value, former)) ?? name;
}

/** A message that is an array, by its elements. One that is absent before others is null in JSON. */
export function tuple(elements: () => readonly JsonPart[]): JsonPart {
  const parts = lazily(elements);
  return items((i) => parts()[i] ?? plain);
}

/** A tuple of any length: the last of its elements is what all further items are. */
export function openTuple(elements: () => readonly JsonPart[]): JsonPart {
  const parts = lazily(elements);
  return items((i) => parts()[Math.min(i, parts().length - 1)]!);
}

function items(partAt: (i: number) => JsonPart): JsonPart {
  return {
    write: (value) => {
      const present = withoutEnd(value as readonly unknown[]);
      return Array.from(present, (item, i) => (item === undefined ? null : partAt(i).write(item)));
    },
    read: (value, reading) => {
      if (!Array.isArray(value) || value.length > MAX_ITEMS || !reading.enterObject()) return value;
      const result: unknown[] = [];
      for (let i = 0; i < value.length && !reading.isFull; i++) {
        reading.enter(i);
        result.push(partAt(i).read(value[i], reading));
        reading.leave();
      }
      reading.leaveObject();
      return withoutEnd(result);
    },
  };
}

/** An element of a tuple that may be absent before others. */
export function skippable(part: JsonPart): JsonPart {
  return { ...part, read: (value, reading) => (value === null ? undefined : part.read(value, reading, " or null")) };
}

function withoutEnd(items: readonly unknown[]): readonly unknown[] {
  return items.slice(0, items.findLastIndex((item) => item !== undefined) + 1);
}

/** A field of an event: what every object has through its prototype is none. */
function propertyOf(value: object, name: string): unknown {
  return name in Object.prototype ? ownProperty(value, name) : (value as Record<string, unknown>)[name];
}
