import {
  type DescEnum,
  type DescField,
  type DescMessage,
  isFieldSet,
  type Message,
  ScalarType,
} from "@bufbuild/protobuf";
import { type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import fc from "fast-check";

/*
 * Random messages of contracts as @bufbuild/protobuf has them, fields left out included. What importing says that it
 * does not carry is left out too: finer than milliseconds, NaN, integers beyond 2^53, items that are an enum's zero.
 */

/** Of `DescField.presence`. */
const EXPLICIT = 1;
const LEGACY_REQUIRED = 3;

const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);

export function messagesOf(desc: DescMessage): fc.Arbitrary<Message> {
  return fc.infiniteStream(fc.nat(1_000_000)).map((stream) => messageOf(desc, () => stream.next().value, 0).message);
}

function messageOf(desc: DescMessage, draw: () => number, depth: number): ReflectMessage {
  const message = reflect(desc);
  if (desc.typeName === "google.protobuf.Timestamp") {
    message.set(desc.field.seconds!, BigInt(draw() * 4_000) - 1_000_000_000n);
    message.set(desc.field.nanos!, (draw() % 1_000) * 1_000_000);
    return message;
  }
  const chosen = new Map(desc.oneofs.map((oneof) => [oneof, oneof.fields[draw() % oneof.fields.length]]));
  for (const field of desc.fields) {
    if (field.oneof && chosen.get(field.oneof) !== field) continue;
    if (field.presence !== LEGACY_REQUIRED && (draw() % 4 === 0 || (depth > 3 && field.message))) continue;
    if (field.fieldKind === "list") {
      for (let n = draw() % 3; n > 0; n--) message.get(field).add(itemOf(field, draw, depth));
    } else if (field.fieldKind === "map") {
      for (let n = draw() % 3; n > 0; n--) message.get(field).set(keyOf(field, draw), itemOf(field, draw, depth));
    } else message.set(field, valueOfField(field, draw, depth) as never);
  }
  return message;
}

/** Keys of 64 bits are taken as long as a number holds them. */
function keyOf({ mapKey }: DescField & { readonly fieldKind: "map" }, draw: () => number): unknown {
  if (mapKey === ScalarType.STRING) return `k${draw() % 9}`;
  for (;;) {
    const key = scalarOf(mapKey, draw);
    if (typeof key !== "bigint" || (key <= MAX_SAFE && key >= -MAX_SAFE)) return key;
  }
}

function itemOf(field: DescField, draw: () => number, depth: number): unknown {
  if (!field.enum) return valueOfField(field, draw, depth);
  return numberOf(field.enum, draw, { zero: false });
}

function valueOfField(field: DescField, draw: () => number, depth: number): unknown {
  if (field.message) return messageOf(field.message, draw, depth + 1);
  // A zero that is said and one that is not are the same here.
  if (field.enum)
    return numberOf(field.enum, draw, { zero: field.presence !== EXPLICIT || field.enum.values.length === 1 });
  return scalarOf(field.scalar!, draw);
}

function numberOf({ values }: DescEnum, draw: () => number, { zero }: { readonly zero: boolean }): number {
  const numbers = values.map(({ number }) => number).filter((number) => zero || number !== 0);
  return numbers[draw() % numbers.length]!;
}

const TEXTS = ["", "a", "größe", "日本", "x".repeat(200), '"\\\n'];

function scalarOf(type: ScalarType, draw: () => number): unknown {
  const pick = <T>(...values: readonly T[]): T => values[draw() % values.length]!;
  switch (type) {
    case ScalarType.STRING:
      return pick(...TEXTS);
    case ScalarType.BOOL:
      return pick(true, false);
    case ScalarType.BYTES:
      return new Uint8Array(draw() % 5).fill(draw());
    case ScalarType.DOUBLE:
      return pick(0, 0.1, -1e300, Number.MIN_VALUE, draw());
    case ScalarType.INT32:
    case ScalarType.SINT32:
    case ScalarType.SFIXED32:
      return pick(0, 1, -1, 2 ** 31 - 1, -(2 ** 31), draw());
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return pick(0, 1, 2 ** 32 - 1, draw());
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
      return pick(0n, 1n, -1n, 2n ** 63n - 1n, -(2n ** 63n), BigInt(draw()));
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return pick(0n, 1n, MAX_SAFE, 2n ** 63n, 2n ** 64n - 1n, BigInt(draw()));
    case ScalarType.FLOAT:
      return pick(0, Math.fround(0.1), -(2 ** 127), 2 ** -149, Math.fround(draw()));
    default:
      throw new Error(`There is no scalar ${ScalarType[type]}.`);
  }
}

/**
 * What importing asks of producers: of each oneof one field at most, required fields, and a google.protobuf.Value that is
 * one. Fields are called as protobuf's JSON calls them.
 */
export function acceptable(value: unknown, desc: DescMessage): unknown {
  if (desc.typeName === "google.protobuf.Timestamp") return value;
  const parts = Object.entries(value as object).filter(([, part]) => part !== undefined);
  const isSet = ({ jsonName }: DescField) => parts.some(([name]) => name === jsonName);
  const kept = parts.flatMap(([name, part]) => {
    const field = desc.fields.find(({ jsonName }) => jsonName === name)!;
    return field.oneof && field.oneof.fields.find(isSet) !== field ? [] : [[name, acceptablePart(part, field)]];
  });
  const missing = desc.fields
    .filter((field) => field.presence === LEGACY_REQUIRED && !isSet(field))
    .map(({ jsonName }) => [jsonName, {}]);
  if (desc.typeName === "google.protobuf.Value" && kept.length === 0) return { boolValue: true };
  return Object.fromEntries([...kept, ...missing]);
}

function acceptablePart(part: unknown, { message, fieldKind }: DescField): unknown {
  if (!message) return part;
  if (fieldKind === "list") return (part as unknown[]).map((item) => acceptable(item, message));
  if (fieldKind !== "map") return acceptable(part, message);
  return Object.fromEntries(Object.entries(part as object).map(([key, item]) => [key, acceptable(item, message)]));
}

/** Whether bytes were met that a contract knows nothing of, anywhere in a message. */
export function hasUnknown(message: Message, desc: DescMessage): boolean {
  if ((message.$unknown?.length ?? 0) > 0) return true;
  const reflected = reflect(desc, message);
  return desc.fields.some((field) => {
    if (!field.message || !isFieldSet(message, field)) return false;
    const part = reflected.get(field) as Iterable<unknown>;
    const parts =
      field.fieldKind === "message"
        ? [part]
        : field.fieldKind === "list"
          ? [...part]
          : [...part].map((entry) => (entry as [unknown, unknown])[1]);
    return parts.some((one) => hasUnknown((one as ReflectMessage).message, field.message!));
  });
}
