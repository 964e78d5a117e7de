import { isReservedNumber, MAX_FIELD_NUMBER } from "../model/protobuf.ts";
import type { Shape } from "../model/shape.ts";
import { isWireTypeName } from "../model/wire-type-names.ts";
import { type Json, JsonFault, parseJson } from "../text/json.ts";
import { entriesOf, integerOf, itemsOf, LockFault, mapOf, RESTORE, stringOf, wrong } from "./lock-json.ts";
import { readReleases } from "./lock-releases.ts";

/** `contracts.lock.json`: what can't be derived from the sources. */
export type Lock = ReadonlyMap<string, LockedUseCase>;

export interface LockedUseCase {
  readonly version: number;
  /** The name of the root message. */
  readonly event: string;
  readonly messages: ReadonlyMap<string, LockedType>;
  readonly enums: ReadonlyMap<string, LockedType>;
  readonly unions: ReadonlyMap<string, LockedType>;
  /** Released versions, ascending. They never change; their records may be anywhere. */
  readonly releases: ReadonlyMap<number, Shape>;
  /** The last version of which no record is left anywhere; 0: none. Its number and those below are not used again. */
  readonly retired: number;
}

/** A message's fields, an enum's members, or a union's variants. */
export interface LockedType {
  readonly parts: readonly LockedPart[];
  /** Those that were removed. Their numbers are not used again for anything else. */
  readonly removed: readonly LockedPart[];
}

export interface LockedPart {
  readonly name: string;
  readonly number: number;
  /** What is on the wire; empty for an enum's member. */
  readonly type: string;
}

/** Enough for the deepest types. */
const MAX_DEPTH = 64;

/** Of the file's format. */
export const LOCK_VERSION = 1;

/** Texts of use cases that were read before: a history's locks have most of them in common. */
export type LockParts = Map<string, readonly [name: string, LockedUseCase]>;

/**
 * Reads a lock; throws a LockFault on any other text. One that is as it is written is read a use case at a time: as a whole,
 * it would take ten times its size of memory.
 */
export function readLock(text: string, known: LockParts = new Map()): Lock {
  const lines = text.replaceAll("\r\n", "\n");
  const parts = [...lines.matchAll(USE_CASE)].map(([, part = ""]) => part);
  if (`${HEAD}${parts.join(",\n")}${TAIL}` !== lines) return readWhole(text);
  const lock = new Map<string, LockedUseCase>();
  for (const part of parts) {
    const entry = known.get(part) ?? readPart(part);
    // Where the matter lies, the whole text is needed to say.
    if (!entry || lock.has(entry[0])) return readWhole(text);
    known.set(part, entry);
    lock.set(...entry);
  }
  return lock;
}

const HEAD = `{\n  "lockVersion": ${LOCK_VERSION},\n  "useCases": {\n`;
const TAIL = "\n  }\n}\n";
const USE_CASE = /^( {4}"(?:[^"\\\n]|\\.)*": \{\n[\s\S]*?^ {4}\}),?$/gm;

function readPart(part: string): readonly [string, LockedUseCase] | undefined {
  const [entry] = tryReading(() => readWhole(`${HEAD}${part}${TAIL}`)) ?? [];
  return entry;
}

/** `undefined`: the text is no lock. */
export function tryReadLock(text: string, known?: LockParts): Lock | undefined {
  return tryReading(() => readLock(text, known));
}

function tryReading(read: () => Lock): Lock | undefined {
  try {
    return read();
  } catch (fault) {
    if (fault instanceof LockFault) return undefined;
    throw fault;
  }
}

function readWhole(text: string): Lock {
  const conflict = /^(<{7}|={7}|>{7})( |\r?$)/m.exec(text);
  if (conflict) {
    const fix = "Run `fivefold resolve`: it takes both sides from git, and numbers anew what both gave one number.";
    throw new LockFault("it has conflict markers of a merge", fix, conflict.index);
  }
  const root = entriesOf(jsonOf(text), ["lockVersion", "useCases"]);
  const version = root.get("lockVersion")!;
  if (version.kind === "scalar" && typeof version.value === "number" && version.value > LOCK_VERSION) {
    throw new LockFault(
      `its lockVersion is ${version.value}, and this fivefold knows 1`,
      "Update fivefold.",
      version.at,
    );
  }
  if (version.kind !== "scalar" || version.value !== LOCK_VERSION) throw wrong("lockVersion must be 1", version);
  return mapOf(root.get("useCases")!, readUseCase);
}

function jsonOf(text: string): Json {
  try {
    return parseJson(text, MAX_DEPTH);
  } catch (fault) {
    if (fault instanceof JsonFault) throw new LockFault(`it is no JSON: ${fault.message}`, RESTORE, fault.at);
    throw fault;
  }
}

function readUseCase(json: Json): LockedUseCase {
  const entries = entriesOf(json, ["version", "event", "messages", "enums"], ["unions", "released", "retired"]);
  const messages = mapOf(entries.get("messages")!, (type, name) => readTyped(type, name, "fields"));
  const written = entries.get("unions");
  const unions = written ? mapOf(written, (type, name) => readTyped(type, name, "variants")) : new Map();
  const event = stringOf(entries.get("event")!);
  if (!messages.has(event) && !unions.has(event)) {
    throw wrong(`the event's message '${event}' is missing`, entries.get("event")!);
  }
  const version = integerOf(entries.get("version")!, MAX_FIELD_NUMBER);
  const released = entries.get("released");
  const releases = released ? readReleases(released) : new Map();
  const retired = entries.has("retired") ? integerOf(entries.get("retired")!, MAX_FIELD_NUMBER) : 0;
  return { version, event, messages, enums: mapOf(entries.get("enums")!, readEnum), unions, releases, retired };
}

function readTyped(json: Json, name: string, parts: "fields" | "variants"): LockedType {
  return readType(json, name, parts, (field, key) => {
    const entries = entriesOf(field, ["number", "type"]);
    const type = stringOf(entries.get("type")!);
    if (!isWireTypeName(type)) throw wrong(`'${type}' is no type`, entries.get("type")!);
    const number = entries.get("number")!;
    if (isReservedNumber(integerOf(number, MAX_FIELD_NUMBER))) throw wrong("no field may have that number", number);
    return { name: key, number: integerOf(number, MAX_FIELD_NUMBER), type };
  });
}

function readEnum(json: Json, name: string): LockedType {
  return readType(json, name, "members", (number, key) => ({
    name: key,
    number: integerOf(number, 2 ** 31 - 1),
    type: "",
  }));
}

function readType(
  json: Json,
  name: string,
  key: string,
  readPart: (json: Json, name: string) => LockedPart,
): LockedType {
  const entries = entriesOf(json, [key], ["removed"]);
  const gone = entries.get("removed");
  const parts = [...mapOf(entries.get(key)!, (json, name) => ({ ...readPart(json, name), json })).values()];
  const removed = gone ? itemsOf(gone).map((json) => ({ ...readRemoved(json, readPart), json })) : [];

  const seen = new Map<number, string>();
  for (const { name: part, number, json } of [...parts, ...removed]) {
    const other = seen.get(number);
    if (other !== undefined) {
      const free = Math.max(...[...parts, ...removed].map(({ number }) => number)) + 1;
      const fix = `Give the one that was added last another number, such as ${free}. What records use stays.`;
      throw new LockFault(`'${other}' and '${part}' of ${name} both have number ${number}`, fix, json.at);
    }
    seen.set(number, part);
  }
  const plain = ({ name, number, type }: LockedPart): LockedPart => ({ name, number, type });
  return { parts: parts.map(plain), removed: removed.map(plain) };
}

/** Removed parts are a list, for two of one name may have been removed. */
function readRemoved(json: Json, readPart: (json: Json, name: string) => LockedPart): LockedPart {
  if (json.kind !== "object") throw wrong("a removed field or member must be an object", json);
  const { name, ...rest } = Object.fromEntries(json.entries);
  const entries = new Map(Object.entries(rest));
  const number = entries.get("number");
  if (!name || !number) throw wrong("a removed field or member must have a name and a number", json);
  return readPart(entries.size === 1 ? number : { ...json, entries }, stringOf(name));
}
