import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { fromBinary, toJson } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { emitProto } from "../../compiler/emit/proto/proto.ts";
import { schemaOf } from "../../stacks/schema/pulsar-schema.ts";
import { model } from "../compiler/emit/arbitrary.ts";
import {
  EVERYTHING,
  GENERATE_THUMBNAIL,
  message,
  messageRef,
  TEXT,
  unionOf,
  useCaseOf,
} from "../compiler/emit/models.ts";

const BUF = resolve("node_modules/.bin/buf");
const SEED = 20_261_124;

const folder = mkdtempSync(join(tmpdir(), "pulsar-schema-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface FileJson {
  readonly name: string;
  readonly [field: string]: unknown;
}

/** What buf makes of contracts, by file. */
function builtByBuf(contracts: ReadonlyMap<string, string>): Map<string, FileJson> {
  for (const [name, text] of contracts) writeFileSync(join(folder, name), text);
  execFileSync(BUF, ["build", "--exclude-source-info", "-o", "set.binpb"], { cwd: folder });
  const { file } = toJson(
    FileDescriptorSetSchema,
    fromBinary(FileDescriptorSetSchema, readFileSync(join(folder, "set.binpb"))),
  ) as unknown as {
    file: FileJson[];
  };
  return new Map(file.map((one) => [one.name, one]));
}

function definitionOf(name: string, text: string, event: string) {
  const { type, definition } = schemaOf(name, text, event);
  expect(type).toBe("PROTOBUF_NATIVE");
  const { fileDescriptorSet, ...names } = JSON.parse(definition) as Record<string, string>;
  const set = fromBinary(FileDescriptorSetSchema, Buffer.from(fileDescriptorSet as string, "base64"));
  return { ...names, files: (toJson(FileDescriptorSetSchema, set) as unknown as { file: FileJson[] }).file };
}

test("a contract's descriptor is what buf makes of it, whatever the event", () => {
  const models = fc
    .sample(model, { numRuns: 150, seed: SEED })
    .map((useCase, i) => ({ ...useCase, name: `sample-${i}` }));
  const useCases = [GENERATE_THUMBNAIL, EVERYTHING, ...models];
  const contracts = useCases.map((useCase) => ({ useCase, ...emitProto(useCase) }));
  const built = builtByBuf(new Map(contracts.map(({ path, text }) => [basename(path), text])));
  for (const { useCase, path, text } of contracts) {
    const name = basename(path);
    const { files, ...names } = definitionOf(name, text, useCase.event.name);
    const own = files.at(-1)!;
    expect(own, text).toEqual(withoutExtensions(built.get(name)!));
    for (const imported of files.slice(0, -1)) {
      const { messageType } = built.get(imported.name) as { messageType?: unknown };
      expect(imported.messageType).toEqual(messageType);
    }
    const root = names as { rootMessageTypeName?: string; rootFileDescriptorName?: string };
    expect(root.rootFileDescriptorName).toBe(name);
    const messages = own.messageType as { name: string }[];
    expect(messages.map((message) => `${own.package}.${message.name}`)).toContain(root.rootMessageTypeName);
  }
});

/** buf adds a field of its own to each file. */
function withoutExtensions({ bufExtension: _, ...file }: FileJson): FileJson {
  return file;
}

test("the root is the event's message, also where it stands behind its variants", () => {
  const proto =
    'syntax = "proto3"; package p.v1; message A { int32 a = 1; } message Either { oneof value { A a = 1; } }';
  expect(definitionOf("p.proto", proto, "Either")).toMatchObject({ rootMessageTypeName: "p.v1.Either" });
});

test.each([
  ["a message", [message("Größe", { wert: TEXT })], []],
  [
    "a union",
    [message("A", { a: TEXT }), message("B", { b: TEXT })],
    [unionOf("Größe", messageRef("A"), messageRef("B"))],
  ],
])("the root is the event's message, also where protobuf has no such letters: %s", (_, messages, unions) => {
  const useCase = useCaseOf("measure", messages, [], {}, unions);
  const { path, text } = emitProto({ ...useCase, event: { ...useCase.event, name: "Größe" } });
  expect(definitionOf(basename(path), text, "Größe")).toMatchObject({
    rootMessageTypeName: "fivefold.measure.v1.GroUdfE",
  });
});

test.each([
  ["message A { group B = 1; }", "'group' is used in .A, and declared nowhere"],
  ["message A { B b = 1; }", "'B' is used in .A, and declared nowhere"],
  ["message A { string a = one; }", "a number is expected where there is 'one'"],
  ["message A { string a = 1", "';' is expected where there is nothing more"],
  ["service A {}", "'service' is unknown where a message or enum may begin"],
  ["message A { string a = 1 [deprecated = true]; }", "'deprecated' is no option that fields have here"],
  ['import "other.proto";', "it imports other.proto, which contracts don't"],
  ["message A {\n  % }", "line 2 has something unknown"],
  ["", "it declares no message"],
])("what is no contract is refused: %s", (proto, message) => {
  expect(() => schemaOf("a.proto", proto, "A")).toThrow(message);
});
