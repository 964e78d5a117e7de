import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { type create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Ajv } from "ajv";
import avro from "avsc";
import protobuf from "protobufjs";
import { emit } from "../../../compiler/emit/index.ts";
import { emitProto } from "../../../compiler/emit/proto/proto.ts";
import { compileContracts, converter } from "../../compiler/emit/protobuf-es.ts";
import { type FileIndexed, JSON_SCHEMA, MODEL } from "./event.ts";

/** One way to do it. Each works on values in the form that it likes best, made beforehand. */
export interface Party {
  readonly name: string;
  readonly prepare: (event: FileIndexed) => unknown;
  readonly encode?: (value: unknown) => Uint8Array;
  readonly decode?: (bytes: Uint8Array) => unknown;
  readonly validate?: (value: unknown) => boolean;
}

export async function createParties(): Promise<readonly Party[]> {
  return [await fivefold(), protobufJs(), protobufEs(), avsc(), json(), ajv()];
}

/** What the compiler writes, run as the files that they are. */
async function fivefold(): Promise<Party> {
  const root = resolve(import.meta.dirname, "../../../.fivefold/bench-codec");
  for (const { path, text } of emit([MODEL])) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  const folder = join(root, "generated", MODEL.name);
  const { encode, decode } = (await import(join(folder, "codec.ts"))) as Required<Pick<Party, "encode" | "decode">>;
  const { validate } = (await import(join(folder, "validate.ts"))) as { validate: (value: unknown) => unknown };
  return {
    name: "fivefold",
    prepare: (event) => event,
    encode,
    decode,
    validate: (value) => validate(value) === undefined,
  };
}

function protobufJs(): Party {
  const { root } = protobuf.parse(emitProto(MODEL).text.replace(/^import .*$/m, ""));
  // Its own copy of google/protobuf/timestamp.proto.
  root.add(protobuf.Root.fromJSON(protobuf.common.get("google/protobuf/timestamp.proto")!).lookup("google")!);
  const type = root.lookupType("fivefold.index_file.v1.FileIndexed");
  return {
    name: "protobufjs",
    prepare: ({ indexedAt, kind, ...event }) => {
      const ms = indexedAt.getTime();
      const timestamp = { seconds: Math.floor(ms / 1_000), nanos: (ms % 1_000) * 1_000_000 };
      return type.create({ ...event, kind: ["", "image", "video", "document"].indexOf(kind), indexedAt: timestamp });
    },
    encode: (value) => type.encode(value as protobuf.Message).finish(),
    decode: (bytes) => type.decode(bytes),
  };
}

function protobufEs(): Party {
  const { registry } = compileContracts([emitProto(MODEL)]);
  const desc = registry.getMessage("fivefold.index_file.v1.FileIndexed")!;
  const { toMessage } = converter(MODEL.event);
  return {
    name: "protobuf-es",
    prepare: (event) => toMessage(event, desc),
    encode: (value) => toBinary(desc, value as ReturnType<typeof create>),
    decode: (bytes) => fromBinary(desc, bytes),
  };
}

function avsc(): Party {
  const field = (name: string, type: avro.schema.AvroSchema) => ({ name, type });
  const type = avro.Type.forSchema({
    type: "record",
    name: "FileIndexed",
    fields: [
      field("id", "string"),
      field("teamId", "string"),
      field("path", "string"),
      field("sizeBytes", "long"),
      field("lines", "long"),
      field("kind", { type: "enum", name: "FileKind", symbols: ["image", "video", "document"] }),
      field("indexedAt", "long"),
      field("ratio", "double"),
      field("isPublic", "boolean"),
      field("tags", { type: "array", items: "string" }),
      field("origin", { type: "record", name: "Origin", fields: [field("host", "string"), field("port", "int")] }),
    ],
  });
  return {
    name: "avsc",
    prepare: (event) => ({ ...event, indexedAt: event.indexedAt.getTime() }),
    encode: (value) => type.toBuffer(value),
    decode: (bytes) => type.fromBuffer(bytes as Buffer),
  };
}

function json(): Party {
  return {
    name: "json",
    prepare: (event) => ({ ...event, indexedAt: event.indexedAt.getTime() }),
    encode: (value) => Buffer.from(JSON.stringify(value)),
    decode: (bytes) => JSON.parse((bytes as Buffer).toString()) as unknown,
  };
}

function ajv(): Party {
  const validate = new Ajv({ unicodeRegExp: true }).compile(JSON_SCHEMA);
  return {
    name: "ajv",
    prepare: (event) => ({ ...event, indexedAt: event.indexedAt.getTime() }),
    validate: (value) => validate(value),
  };
}
