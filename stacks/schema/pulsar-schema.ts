import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { UseCaseSchema } from "../components/use-case.ts";
import type { ManifestUseCase } from "../manifest.ts";
import { descriptorSet, type NamedFile } from "./descriptor.ts";
import { type ProtoFile, parseProto } from "./proto-file.ts";

/** What contracts import of protobuf's own files. */
const GOOGLE: Readonly<Record<string, string>> = {
  "google/protobuf/timestamp.proto": `syntax = "proto3"; package google.protobuf;
    message Timestamp { int64 seconds = 1; int32 nanos = 2; }`,
  "google/protobuf/struct.proto": `syntax = "proto3"; package google.protobuf;
    message Struct { map<string, Value> fields = 1; }
    message Value {
      oneof kind {
        NullValue null_value = 1; double number_value = 2; string string_value = 3; bool bool_value = 4;
        Struct struct_value = 5; ListValue list_value = 6;
      }
    }
    message ListValue { repeated Value values = 1; }
    enum NullValue { NULL_VALUE = 0; }`,
};

/** A use case's contract as Pulsar's registry takes it, so that any of Pulsar's clients can read its events. */
export function pulsarSchema({ name, event }: ManifestUseCase, root: string): UseCaseSchema {
  const path = join(root, event.contract);
  try {
    return schemaOf(basename(path), readFileSync(path, "utf8"), event.name);
  } catch (cause) {
    const { message } = cause as Error;
    throw new Error(`${path}, the contract of use case '${name}', can't be read: ${message}. Run \`fivefold build\`.`, {
      cause,
    });
  }
}

/** `PROTOBUF_NATIVE`, whose definition is JSON around a FileDescriptorSet. */
export function schemaOf(fileName: string, proto: string, eventName: string): UseCaseSchema {
  const file = parseProto(proto);
  const imported = file.imports.map((name): NamedFile => {
    const text = GOOGLE[name];
    if (text === undefined) throw new Error(`it imports ${name}, which contracts don't`);
    return { name, file: parseProto(text) };
  });
  const definition = {
    fileDescriptorSet: descriptorSet([...imported, { name: fileName, file }]).toString("base64"),
    rootMessageTypeName: `${file.package}.${rootOf(file, eventName)}`,
    rootFileDescriptorName: fileName,
  };
  return { type: "PROTOBUF_NATIVE", definition: JSON.stringify(definition) };
}

/** The event's own message: a root that is a union stands behind its variants. */
function rootOf({ messages }: ProtoFile, eventName: string): string {
  const root = messages.find(({ name }) => name.toLowerCase() === eventName.toLowerCase()) ?? messages[0];
  if (!root) throw new Error("it declares no message");
  return root.name;
}
