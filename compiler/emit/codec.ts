import type { Event, Type, UseCase } from "../model/model.ts";
import type { Output } from "../model/output.ts";
import { codecNames } from "./codec-names.ts";
import { readEnum, readMessage } from "./codec-read.ts";
import { writeEnum, writeMessage } from "./codec-write.ts";
import { everyType } from "./every-type.ts";
import { type Code, header, imports, print } from "./source.ts";
import { wireType } from "./wire-types.ts";

/** `codec.ts`: protobuf's wire format, specialised to the event. */
export function emitCodec({ name, file, event }: UseCase): Output {
  const names = codecNames(event);
  const root = event.name;
  const type = names.types.own(root);
  const functions = [
    ...event.messages.flatMap((message) => writeMessage(message, names)),
    ...event.enums.flatMap((union) => writeEnum(union, names)),
    ...event.messages.flatMap((message) => readMessage(message, names)),
    ...event.enums.flatMap((union) => readEnum(union, names)),
  ];
  const code: Code[] = [
    header(file),
    imports(runtimeNames(event), "fivefold/runtime"),
    imports(names.imported, "./event.ts", "type "),
    "",
    "// The numbers are protobuf's tags: a field's number times 8, plus its wire type.",
    "",
    "/** The canonical protobuf bytes of a valid event: equal events have equal bytes. */",
    `export function encode(event: ${type}): Uint8Array {`,
    [`return encodeMessage(event, write${root});`],
    "}",
    "",
    "/** Throws an Error on bytes that are no such event. */",
    `export function decode(payload: Uint8Array): ${type} {`,
    [`return decodeMessage(payload, read${root});`],
    "}",
    ...functions,
  ];
  return { path: `generated/${name}/codec.ts`, text: print(code) };
}

/** What the functions take from the runtime. */
function runtimeNames(event: Event): string[] {
  const types = everyType(event);
  const hasRecord = types.some(({ kind }) => kind === "record");
  const hasTimestamp = types.some(({ kind }) => kind === "timestamp");
  // Singular messages: as a field, and as a map's value, where lists and maps are messages too.
  const hasDeferred =
    event.messages.some(({ fields }) =>
      fields.some(({ type }) => type.kind === "message" || type.kind === "timestamp"),
    ) || types.some((type) => type.kind === "record" && wireType(type.values) === 2 && !isString(type.values));
  return [
    "decodeMessage",
    "encodeMessage",
    "type Reader",
    "type Writer",
    ...(hasDeferred ? ["ABSENT"] : []),
    ...(hasTimestamp ? ["readTimestamp"] : []),
    ...(hasRecord ? ["setEntry"] : []),
  ];
}

function isString({ kind }: Type): boolean {
  return kind === "text" || kind === "bytes";
}
