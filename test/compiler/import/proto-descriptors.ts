import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import {
  clone,
  create,
  createFileRegistry,
  type DescEnum,
  type DescFile,
  type DescMessage,
  type FileRegistry,
  fromBinary,
  toBinary,
} from "@bufbuild/protobuf";
import {
  type DescriptorProto,
  DescriptorProtoSchema,
  type EnumDescriptorProto,
  EnumDescriptorProtoSchema,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";

const BUF = resolve("node_modules/.bin/buf");

/** What buf makes of a folder of `.proto` files. */
export function buildFolder(folder: string): FileRegistry {
  return withScratch((scratch) => {
    const output = join(scratch, "set.binpb");
    execFileSync(BUF, ["build", folder, "-o", output], { stdio: ["ignore", "ignore", "pipe"] });
    return createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(output)));
  });
}

/** What buf makes of texts by path. */
export function buildTexts(texts: Readonly<Record<string, string>>): FileRegistry {
  return withScratch((scratch) => {
    for (const [path, text] of Object.entries(texts)) {
      mkdirSync(dirname(join(scratch, path)), { recursive: true });
      writeFileSync(join(scratch, path), text);
    }
    return buildFolder(scratch);
  });
}

/**
 * What buf's rules for the wire find broken in `now` against `before`. It knows messages by their names and looks at no
 * others, so the older ones get the names of those that stand in their place.
 */
export function wireBreaks(before: DescMessage, now: DescMessage, except: readonly string[]): string[] {
  return withScratch((scratch) => {
    const [old, current] = [join(scratch, "old.binpb"), join(scratch, "now.binpb")];
    writeFileSync(old, setOf(now.file, flattened(before, now)));
    writeFileSync(current, setOf(now.file, now.file.proto));
    const config = JSON.stringify({ version: "v2", breaking: { use: ["WIRE"], except } });
    try {
      execFileSync(BUF, ["breaking", current, "--against", old, "--config", config], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "pipe"],
      });
      return [];
    } catch (error) {
      const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
      return `${stdout}${stderr}`.trim().split("\n");
    }
  });
}

function setOf(file: DescFile, proto: DescFile["proto"]): Uint8Array {
  const dependencies = file.dependencies.map((dependency) => dependency.proto);
  return toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file: [...dependencies, proto] }));
}

/** The older messages in a file of the newer ones' form: each pair that stands in one place has one name. */
function flattened(before: DescMessage, now: DescMessage): DescFile["proto"] {
  const messages = new Map<DescMessage, DescMessage>([[before, now]]);
  const enums = new Map<DescEnum, DescEnum>();
  for (const [old, current] of messages) {
    for (const field of old.fields) {
      const other = current.fields.find(({ number }) => number === field.number);
      if (field.message && other?.message && field.message !== other.message)
        messages.set(field.message, other.message);
      if (field.enum && other?.enum && field.enum !== other.enum) enums.set(field.enum, other.enum);
    }
  }
  const names = new Map([...messages, ...enums].map(([old, current]) => [`.${old.typeName}`, current.typeName]));
  return create(FileDescriptorProtoSchema, {
    ...now.file.proto,
    messageType: Array.from(messages, ([old, current]) => renamedMessage(old, current, names)),
    enumType: Array.from(enums, ([old, current]) => renamedEnum(old.proto, current)),
    syntax: before.file.proto.syntax === "" ? "proto2" : "proto3",
  });
}

/** Map entries stay nested in their message. */
function renamedMessage(old: DescMessage, current: DescMessage, names: ReadonlyMap<string, string>): DescriptorProto {
  const proto = clone(DescriptorProtoSchema, old.proto);
  const rename = (message: DescriptorProto): void => {
    for (const field of message.field) {
      const entry = field.typeName.slice(old.typeName.length + 2);
      const isEntry = old.proto.nestedType.some(({ name, options }) => name === entry && options?.mapEntry);
      field.typeName = isEntry
        ? `.${current.typeName}.${entry}`
        : names.has(field.typeName)
          ? `.${names.get(field.typeName)}`
          : field.typeName;
    }
  };
  proto.name = current.name;
  proto.nestedType = proto.nestedType.filter(({ options }) => options?.mapEntry);
  proto.enumType = [];
  proto.extensionRange = [];
  rename(proto);
  for (const entry of proto.nestedType) rename(entry);
  return proto;
}

/** Values are known by their numbers; their names need only be unlike those of other enums. */
function renamedEnum(proto: EnumDescriptorProto, current: DescEnum): EnumDescriptorProto {
  const renamed = clone(EnumDescriptorProtoSchema, proto);
  renamed.name = current.name;
  const numbers = new Set<number>();
  for (const value of renamed.value) {
    const same = numbers.has(value.number) ? undefined : current.values.find(({ number }) => number === value.number);
    value.name = same?.name ?? `${current.name}_${value.name}`;
    numbers.add(value.number);
  }
  return renamed;
}

function withScratch<T>(work: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "descriptors-"));
  try {
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
