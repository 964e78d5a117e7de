import type { RecordType, Type } from "./model.ts";
import { encodingOf, encodingOfProto, protoNumber } from "./number-encoding.ts";

/** A type as the lock writes it: what is on the wire, in protobuf's words. */
export function wireTypeName(type: Type): string {
  switch (type.kind) {
    case "text":
      return "string";
    case "int":
    case "float":
    case "bigint":
      return protoNumber(type);
    case "boolean":
      return "bool";
    case "timestamp":
      return "timestamp";
    case "bytes":
    case "json":
      return type.kind;
    case "enum":
    case "message":
    case "union":
      return `${type.kind} ${type.name}`;
    case "array":
      return `repeated ${wireTypeName(type.items)}`;
    case "record":
      return `map<${wireTypeName(keysOf(type))}, ${wireTypeName(type.values)}>`;
    case "null":
      return "null";
    case "nullable":
      return `nullable ${wireTypeName(type.of)}`;
  }
}

/** `unknown` is what was removed before the lock knew of it: an imported contract's reserved numbers. */
const SCALAR =
  /^(?:unknown|null|string|[us]?int(?:32|64)|s?fixed(?:32|64)|float|double|bool|timestamp|bytes|json|(?:enum|message|union) [^\s<>]+)$/;

export function isWireTypeName(name: string): boolean {
  const inner = innerOf(name);
  return inner === undefined ? SCALAR.test(name) : isWireTypeName(inner.name);
}

const MAP = /^map<(string|[us]?int(?:32|64)|s?fixed(?:32|64)), (.*)>$/;

interface Inner {
  readonly kind: "array" | "record" | "nullable";
  readonly name: string;
  /** Of a map's keys. */
  readonly keys?: string | undefined;
}

function innerOf(name: string): Inner | undefined {
  if (name.startsWith("nullable ")) return { kind: "nullable", name: name.slice("nullable ".length) };
  if (name.startsWith("repeated ")) return { kind: "array", name: name.slice("repeated ".length) };
  const map = MAP.exec(name);
  return map ? { kind: "record", keys: map[1], name: map[2]! } : undefined;
}

/** What has a name of its own in an event. */
export type Kind = "message" | "enum" | "union";

/** Whether two names of one kind stand for one thing: the lock's first, the model's second. */
export type SameName = (kind: Kind, locked: string, current: string) => boolean;

/**
 * Whether what was written as the locked type of a field is read right as the current one. Whether a field may be null is
 * nothing of its type on the wire, as little as whether it may be absent.
 */
export function isReadable(locked: string, current: Type, isSame: SameName): boolean {
  const was = locked.startsWith("nullable ") ? locked.slice("nullable ".length) : locked;
  if (current.kind === "nullable") return was === "null" || isReadableElement(was, current.of, isSame);
  return (was === "null" && current.kind === "json") || isReadableElement(was, current, isSame);
}

/** Varints are one on the wire, whatever their width; only a negative one is no unsigned integer. */
function isReadableElement(locked: string, current: Type, isSame: SameName): boolean {
  const inner = innerOf(locked);
  switch (current.kind) {
    case "nullable":
      return inner?.kind === "nullable" && isReadableElement(inner.name, current.of, isSame);
    case "array":
      return inner?.kind === "array" && isReadableElement(inner.name, current.items, isSame);
    case "record":
      return (
        inner?.kind === "record" &&
        isReadableElement(inner.keys!, keysOf(current), isSame) &&
        isReadableElement(inner.name, current.values, isSame)
      );
    case "int":
    case "bigint":
    case "float": {
      const isVaruint = protoNumber(current).startsWith("u");
      return encodingOfProto(locked) === encodingOf(current) && (!isVaruint || locked.startsWith("u"));
    }
    case "message":
    case "union":
    case "enum": {
      const [kind, name = ""] = locked.split(" ");
      return kind === current.kind && isSame(kind, name, current.name);
    }
    default:
      return locked === wireTypeName(current);
  }
}

function keysOf({ keys }: RecordType): Type {
  return keys ?? { kind: "text" };
}

/** The message, enum or union at the innermost of a type; `undefined`: it has none. */
export function namedPart(type: string): { readonly kind: Kind; readonly name: string } | undefined {
  const inner = innerOf(type);
  if (inner) return namedPart(inner.name);
  const [kind, name] = type.split(" ");
  return name !== undefined && (kind === "message" || kind === "enum" || kind === "union") ? { kind, name } : undefined;
}

/** A type whose message, enum or union is called by another name. */
export function renamed(type: string, nameOf: (kind: Kind, name: string) => string): string {
  const part = namedPart(type);
  return part ? type.replace(`${part.kind} ${part.name}`, () => `${part.kind} ${nameOf(part.kind, part.name)}`) : type;
}
