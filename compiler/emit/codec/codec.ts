import type { Event, Message, Type, UseCase } from "../../model/model.ts";
import type { Output } from "../../model/output.ts";
import { type Code, header, importPath, imports, jsDoc, list, print } from "../../text/source.ts";
import { everyKind, everyType } from "../every-type.ts";
import { isSeveral, presentType } from "../presence.ts";
import { wireType } from "../wire-types.ts";
import { elementOf, isWrapped } from "../wrappers.ts";
import { hasEarlier } from "./codec-earlier.ts";
import { codecNames } from "./codec-names.ts";
import { isOptionalInherited, readEnum, readMessage } from "./codec-read.ts";
import { readUnion, writeUnion } from "./codec-union.ts";
import { writeEnum, writeMessage } from "./codec-write.ts";

/** `codec.ts`: protobuf's wire format, specialised to the event. */
export function emitCodec({ name, file, importEnding, event }: UseCase): Output {
  const names = codecNames(event);
  const root = event.name;
  const type = names.types.own(root);
  const code: Code[] = [
    header(file),
    imports(runtimeNames(event), "fivefold/runtime"),
    imports(names.imported, importPath("./event.ts", importEnding), "type "),
    "",
    "// The numbers are protobuf's tags: a field's number times 8, plus its wire type.",
    "",
    "/** The canonical protobuf bytes of a valid event: equal events have equal bytes. */",
    `export function encode(event: ${type}): Uint8Array {`,
    [`return encodeMessage(event, write${root});`],
    "}",
    "",
    ...decode(event, type),
  ];
  for (const message of event.messages) code.push(...writeMessage(message, names));
  for (const union of event.unions) code.push(...writeUnion(union, event, names));
  for (const union of event.enums) code.push(...writeEnum(union, names));
  for (const message of event.messages) code.push(...readMessage(message, names));
  for (const union of event.unions) code.push(...readUnion(union, names));
  for (const union of event.enums) code.push(...readEnum(union, names));
  return { path: `generated/${name}/codec.ts`, text: print(code) };
}

function decode(event: Event, type: string): Code[] {
  const throws = "Throws an Error on bytes that are no such event.";
  if (!hasEarlier(event)) {
    const signature = `export function decode(payload: Uint8Array): ${type} {`;
    return [...jsDoc(throws), signature, [`return decodeMessage(payload, read${event.name});`], "}"];
  }
  return [
    ...jsDoc(`${throws} \`version\` is the one that wrote them; default: this one.`),
    list("export function decode(", ["payload: Uint8Array", "version?: number"], `): ${type} {`),
    [`return decodeMessage(payload, read${event.name}, version);`],
    "}",
  ];
}

/** What the functions take from the runtime. */
function runtimeNames(event: Event): string[] {
  const kinds = everyKind(event);
  const records = everyType(event).filter((type) => type.kind === "record");
  return [
    "decodeMessage",
    "encodeMessage",
    ...(kinds.has("json") ? ["type Json"] : []),
    "type Reader",
    "type Writer",
    ...(hasDeferred(event) ? ["ABSENT"] : []),
    ...(kinds.has("timestamp") ? ["readTimestamp"] : []),
    ...(event.messages.some(hasOptionalElements) ? ["trimTuple"] : []),
    ...(records.some(({ keys }) => !keys) ? ["setEntry"] : []),
    ...(records.some(({ keys }) => keys) ? ["integerKeys"] : []),
    ...(event.messages.some(({ tuple, fields }) => !tuple && fields.some(isOptionalInherited)) ? ["setProperty"] : []),
  ];
}

function hasOptionalElements({ tuple, fields }: Message): boolean {
  return tuple !== undefined && fields.some(({ optional }) => optional);
}

/** Whether a message is read after its parent: see `Reader.defer`. Not so the items of lists. */
function hasDeferred({ messages, unions }: Event): boolean {
  const isMessage = (type: Type) => wireType(type) === 2 && !["text", "bytes", "json"].includes(type.kind);
  const isInside = (type: Type): boolean => {
    if (!isWrapped(type)) return false;
    const element = elementOf(type);
    return (type.kind !== "array" && isMessage(element)) || isInside(element);
  };
  if (unions.some(({ variants }) => variants.some(({ type }) => isMessage(type)))) return true;
  return messages.some(({ fields }) =>
    fields.some((field) => {
      const type = presentType(field.type);
      return (isMessage(type) && !isSeveral(type)) || isInside(type);
    }),
  );
}
