import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import {
  create,
  createFileRegistry,
  type DescField,
  type DescMessage,
  type FileRegistry,
  fromBinary,
  isFieldSet,
  type Message as ProtoMessage,
} from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import type { Event, Message, Type, Union } from "../../../compiler/model/model.ts";
import type { Output } from "../../../compiler/model/output.ts";
import { rootOf } from "../../../compiler/model/root.ts";

/*
 * Protobuf as others implement it: buf compiles the contracts, @bufbuild/protobuf reads and writes by them.
 */

const BUF = resolve("node_modules/.bin/buf");

/** buf's own rules, but for those of folders: each use case is a package, and all contracts are in one folder. */
const LINT = JSON.stringify({
  version: "v2",
  lint: { use: ["STANDARD"], except: ["PACKAGE_DIRECTORY_MATCH", "DIRECTORY_SAME_PACKAGE"] },
});

/** What buf makes of contracts, and what its linter has to say: one line a fault. */
export function compileContracts(outputs: readonly Output[]): { registry: FileRegistry; lint: readonly string[] } {
  const root = mkdtempSync(join(tmpdir(), "contracts-"));
  try {
    for (const { path, text } of outputs) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    execFileSync(BUF, ["build", "-o", "set.binpb"], { cwd: root, stdio: ["ignore", "ignore", "pipe"] });
    const set = fromBinary(FileDescriptorSetSchema, readFileSync(join(root, "set.binpb")));
    return { registry: createFileRegistry(set), lint: lintContracts(root) };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function lintContracts(root: string): readonly string[] {
  try {
    execFileSync(BUF, ["lint", "--config", LINT], { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
    return [];
  } catch (error) {
    return String((error as { stdout?: string }).stdout)
      .trim()
      .split("\n");
  }
}

/** A field, or the root: what it holds, where that is a message. */
type Held = Pick<DescField, "message">;

/** Between an event as TypeScript has it and a message of @bufbuild/protobuf, by fields' numbers. */
export function converter(event: Event) {
  const messages = new Map(event.messages.map((message) => [message.name, message]));
  const enums = new Map(event.enums.map((union) => [union.name, union]));
  const unions = new Map(event.unions.map((union) => [union.name, union]));

  function toMessage(value: unknown, model: Message, desc: DescMessage): ProtoMessage {
    const init: Record<string, unknown> = {};
    const empty: number[] = [];
    const nulls: number[] = [];
    for (const { name, number, type, optional } of model.fields) {
      const part = partOf(value, name, model);
      if (part === undefined || (part === null && type.kind === "json" && !optional)) continue;
      if (part === null && type.kind === "nullable") {
        if (optional) nulls.push(number);
        continue;
      }
      const field = fieldOf(desc, number);
      const present = type.kind === "nullable" ? type.of : type;
      init[field.localName] = toField(part, present, field);
      if ((optional || type.kind === "nullable") && isSeveral(present) && valuesIn(part).length === 0) {
        empty.push(number);
      }
    }
    for (const [number, marked] of [
      [18_998, nulls],
      [18_999, empty],
    ] as const) {
      const marks = desc.fields.find((field) => field.number === number);
      if (marks) init[marks.localName] = marked.sort((a, b) => a - b);
    }
    return create(desc, init);
  }

  function toField(value: unknown, type: Type, field: Held): unknown {
    if (type.kind === "array") return (value as unknown[]).map((item) => toOne(item, type.items, field));
    if (type.kind === "record") return mapValues(value, (item) => toOne(item, type.values, field));
    return toOne(value, type, field);
  }

  function toOne(value: unknown, type: Type, field: Held): unknown {
    switch (type.kind) {
      case "int":
        return type.wire.endsWith("64") ? BigInt(value as number) : value;
      case "enum":
        return enums.get(type.name)!.members.find((member) => member.value === value)!.number;
      case "timestamp": {
        const ms = (value as Date).getTime();
        const seconds = Math.floor(ms / 1_000);
        return create(field.message!, { seconds: BigInt(seconds), nanos: (ms - seconds * 1_000) * 1_000_000 });
      }
      case "message":
        return toMessage(value, messages.get(type.name)!, field.message!);
      case "array":
      case "record": {
        const inner = fieldOf(field.message!, 1);
        return create(field.message!, { [inner.localName]: toField(value, type, inner) });
      }
      case "nullable": {
        const inner = fieldOf(field.message!, 1);
        return create(field.message!, value === null ? {} : { [inner.localName]: toOne(value, type.of, inner) });
      }
      case "union": {
        const { number, type: variant } = variantOf(value, unions.get(type.name)!, event);
        const inner = fieldOf(field.message!, number);
        const held = { case: inner.localName, value: toOne(value, variant, inner) };
        return create(field.message!, { [inner.oneof!.localName]: held });
      }
      case "json":
        return sortedJson(value);
      case "null":
        return 0;
      default:
        return value;
    }
  }

  function fromMessage(message: ProtoMessage, model: Message, desc: DescMessage): unknown {
    const parts = message as unknown as Record<string, unknown>;
    const marked = (number: number) => {
      const marks = desc.fields.find((field) => field.number === number);
      return marks ? (parts[marks.localName] as number[]) : [];
    };
    const entries = model.fields.flatMap(({ name, number, type, optional }) => {
      const field = fieldOf(desc, number);
      const isSet = field.presence === 2 || Object.hasOwn(parts, field.localName);
      const value = parts[field.localName];
      const present = type.kind === "nullable" ? type.of : type;
      const missing = isSeveral(present)
        ? Object.keys(value as object).length === 0 && !marked(18_999).includes(number)
        : !isSet;
      if (missing && type.kind === "nullable") {
        return optional && !marked(18_998).includes(number) ? [] : [[name, null]];
      }
      if (missing && optional) return [];
      return [[name, fromField(value, present, field)]];
    });
    return model.tuple ? elementsOf(new Map(entries as [string, unknown][]), model) : Object.fromEntries(entries);
  }

  function fromField(value: unknown, type: Type, field: Held): unknown {
    if (type.kind === "array") return (value as unknown[]).map((item) => fromOne(item, type.items, field));
    if (type.kind === "record") return mapValues(value, (item) => fromOne(item, type.values, field));
    return fromOne(value, type, field);
  }

  function fromOne(value: unknown, type: Type, field: Held): unknown {
    switch (type.kind) {
      case "int":
        return Number(value);
      case "enum":
        return enums.get(type.name)!.members.find(({ number }) => number === value)!.value;
      case "timestamp": {
        const { seconds, nanos } = value as { seconds: bigint; nanos: number };
        return new Date(Number(seconds) * 1_000 + nanos / 1_000_000);
      }
      case "message":
        return fromMessage(value as ProtoMessage, messages.get(type.name)!, field.message!);
      case "array":
      case "record": {
        const inner = fieldOf(field.message!, 1);
        return fromField((value as Record<string, unknown>)[inner.localName], type, inner);
      }
      case "nullable": {
        const inner = fieldOf(field.message!, 1);
        const held = value as Record<string, unknown>;
        return isFieldSet(value as ProtoMessage, inner) ? fromOne(held[inner.localName], type.of, inner) : null;
      }
      case "union": {
        const [oneof] = field.message!.oneofs;
        const held = (value as Record<string, unknown>)[oneof!.localName] as { case: string; value: unknown };
        const inner = oneof!.fields.find(({ localName }) => localName === held.case)!;
        return fromOne(
          held.value,
          unions.get(type.name)!.variants.find(({ number }) => number === inner.number)!.type,
          inner,
        );
      }
      case "json":
        return value === "" ? null : JSON.parse(value as string);
      case "null":
        return null;
      default:
        return value;
    }
  }

  return {
    toMessage: (value: unknown, message: DescMessage) => toOne(value, rootOf(event), { message }) as ProtoMessage,
    fromMessage: (value: ProtoMessage, message: DescMessage) => fromOne(value, rootOf(event), { message }),
  };
}

/** The variant that a value is of: as a person would tell, not as the emitters do. */
export function variantOf(value: unknown, { variants }: Union, event: Event) {
  const isOf = (type: Type): boolean => {
    switch (type.kind) {
      case "text":
        return typeof value === "string";
      case "int":
      case "float":
        return typeof value === "number";
      case "timestamp":
        return value instanceof Date;
      case "bytes":
        return value instanceof Uint8Array;
      case "array":
        return Array.isArray(value);
      case "record":
        return typeof value === "object";
      case "message": {
        const message = event.messages.find(({ name }) => name === type.name)!;
        return (
          typeof value === "object" &&
          !(value instanceof Date || value instanceof Uint8Array) &&
          Array.isArray(value) === (message.tuple !== undefined) &&
          message.fields.every(({ name, type, optional }) => {
            const part = (value as Record<string, unknown>)[name];
            if (part === undefined) return optional || (message.tuple?.isOpen && type.kind === "array");
            if (type.kind === "float") return typeof part === "number";
            if (type.kind === "enum")
              return event.enums
                .find((union) => union.name === type.name)!
                .members.some((member) => member.value === part);
            return type.kind === "null" ? part === null : ["json", "nullable"].includes(type.kind) || part !== null;
          })
        );
      }
      default:
        return typeof value === type.kind;
    }
  };
  return variants.find(({ type }) => isOf(type))!;
}

/** JSON without blanks, keys in order. */
function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (typeof part !== "object" || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

/** A field's value, which an open tuple has behind its other elements. */
function partOf(value: unknown, name: string, { fields, tuple }: Message): unknown {
  if (tuple?.isOpen && name === fields.at(-1)?.name) return (value as unknown[]).slice(fields.length - 1);
  return Object.hasOwn(value as object, name) ? (value as Record<string, unknown>)[name] : undefined;
}

function elementsOf(parts: ReadonlyMap<string, unknown>, { fields, tuple }: Message): unknown[] {
  const fixed = tuple?.isOpen ? fields.slice(0, -1) : fields;
  const all = [
    ...fixed.map(({ name }) => parts.get(name)),
    ...((tuple?.isOpen ? parts.get(fields.at(-1)!.name) : []) as unknown[]),
  ];
  return all.slice(
    0,
    Math.max(all.findLastIndex((part) => part !== undefined) + 1, fixed.filter(({ optional }) => !optional).length),
  );
}

/** Whether protobuf has it as a repeated field or a map. */
function isSeveral({ kind }: Type): boolean {
  return kind === "array" || kind === "record";
}

function fieldOf(desc: DescMessage, number: number): DescField {
  return desc.fields.find((field) => field.number === number)!;
}

/** The items of a list; the values of a record, those that are undefined aside. */
function valuesIn(part: unknown): unknown[] {
  return Object.values(part as object).filter((value) => value !== undefined);
}

function mapValues(record: unknown, convert: (value: unknown) => unknown): Record<string, unknown> {
  const entries = Object.entries(record as object).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries.map(([key, value]) => [key, convert(value)]));
}
