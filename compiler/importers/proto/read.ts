import type { LockedPart, LockedType } from "../../lock/lock-file.ts";
import { MAX_FIELD_NUMBER } from "../../model/protobuf.ts";
import type { ImportedEvent, Reading } from "../event.ts";
import { checkFieldNames } from "../field-names.ts";
import type { Report, Source } from "../report.ts";
import { type Declaration, literals } from "../shape.ts";
import { createTypeNames } from "../type-names.ts";
import { type ReadEnum, readEnum } from "./enum.ts";
import { type FieldScope, propertyName, type ReadField, readField } from "./field.ts";
import type { ProtoField, ProtoFile } from "./file.ts";
import { docOf, reportOptions } from "./options.ts";
import { parseProto } from "./parse.ts";
import { goneParts } from "./reserved.ts";
import { chooseRoot } from "./root.ts";
import { ProtoFault } from "./tokens.ts";
import { reportFieldsTwice, reportMembersTwice, reportTypesTwice } from "./twice.ts";
import { loadTypes, type ProtoType, type ProtoTypes } from "./types.ts";

type MessageType = ProtoType & { readonly kind: "message" };

/** Reads a message of a `.proto` file, with all that it leads to. `undefined`: there is none, which has been reported. */
export function readProto(reading: Reading): ImportedEvent | undefined {
  const { report, source } = reading;
  const parse = (source: Source) => parseOrReport(source, report);
  const file = parse(source);
  if (!file) return undefined;
  const types = loadTypes(file, reading.readImport, parse);
  reportTypesTwice(types.all, report);
  const root = chooseRoot(file, types, reading);
  if (!root) return undefined;
  for (const { what, at, end } of file.others) {
    const reason = "an event is one message";
    report("part-left-out", { source, at, end }, { what, reason, fix: "Nothing, if it concerns no event." });
  }
  return readFrom(root, types, reading);
}

function parseOrReport(source: Source, report: Report): ProtoFile | undefined {
  try {
    return parseProto(source);
  } catch (fault) {
    if (!(fault instanceof ProtoFault)) throw fault;
    const { message: reason, at } = fault;
    const fix = "Fix the file: `buf build` or protoc says the same of it.";
    report("bad-source", { source, at, end: at + 1 }, { format: "protobuf", reason, fix });
    return undefined;
  }
}

/** The root and what it leads to, level by level, each declared once. */
function readFrom(root: MessageType, types: ProtoTypes, reading: Reading): ImportedEvent {
  const nameOf = createTypeNames();
  const names = new Map<ProtoType, string>();
  const queue: ProtoType[] = [];
  const enums = new Map<ProtoType, ReadEnum>();

  const declare = (type: ProtoType): string => {
    const known = names.get(type);
    if (known !== undefined) return known;
    const [name = "", parent = ""] = type.fullName.split(".").reverse();
    const made = nameOf(name, `${parent}-${name}`);
    names.set(type, made);
    queue.push(type);
    return made;
  };
  const enumOf = (type: ProtoType & { readonly kind: "enum" }): ReadEnum => {
    const read = enums.get(type) ?? readEnum(type.declared, type.file, reading.report);
    enums.set(type, read);
    return read;
  };

  const name = declare(root);
  const declarations: Declaration[] = [];
  const locked = { messages: new Map<string, LockedType>(), enums: new Map<string, LockedType>() };
  for (const type of queue) {
    const owner = names.get(type)!;
    if (type.kind === "enum") {
      reportMembersTwice(type.declared, type.file, reading.report);
      const { literals: values, doc, locked: lockedEnum } = enumOf(type);
      declarations.push({ kind: "alias", name: owner, doc, shape: literals(values) });
      locked.enums.set(owner, lockedEnum);
    } else {
      const scope: FieldScope = {
        file: type.file,
        owner,
        report: reading.report,
        resolve: (name) => types.resolve(name, type.fullName),
        isIncomplete: types.missing.length > 0,
        declare,
        enumOf,
      };
      const read = readMessage(type, scope, reading);
      declarations.push({ kind: "interface", name: owner, doc: docOf(type.declared), fields: read.fields });
      locked.messages.set(owner, read.locked);
    }
  }
  return { name, declarations, locked: { event: name, ...locked } };
}

function readMessage({ declared, file }: MessageType, scope: FieldScope, { report, isOmitted }: Reading) {
  const { owner } = scope;
  const place = ({ at, end }: { readonly at: number; readonly end: number }) => ({ source: file.source, at, end });
  const wanted: ProtoField[] = [];
  const omitted: LockedPart[] = [];
  for (const field of declared.fields) {
    const name = propertyName(field);
    if (isOmitted(owner, name)) omitted.push({ name, number: field.number, type: "unknown" });
    else wanted.push(field);
  }
  reportOptions(declared.options, file, report);
  reportFieldsTwice(declared, file, report);
  for (const range of declared.extensions) {
    report("part-left-out", place(range), {
      what: `What others add to ${owner} in ${range.from} to ${range.to}`,
      reason: "fields are those that the type declares",
      fix: `New fields get the number after the highest in use: see that it stays out of that range.`,
    });
  }
  for (const { what, ...at } of declared.others) {
    report("part-left-out", place(at), { what, reason: "an event is one message", fix: "Declare the fields." });
  }

  const read = wanted.flatMap((field): { readonly field: ProtoField; readonly read: ReadField }[] => {
    const read = readField(field, scope);
    return read ? [{ field, read }] : [];
  });
  checkFieldNames(
    read.map(({ field, read: { name } }) => ({ name, place: place(field) })),
    owner,
    report,
  );
  const parts = read.map(({ field: { number }, read: { name, wire } }) => ({ name, number, type: wire }));
  const gone = { owner, parts: [...parts, ...omitted], type: "unknown", max: MAX_FIELD_NUMBER };
  const removed = [...omitted, ...goneParts(declared.reserved, gone, (name) => name, file, report)];
  return { fields: read.map(({ read }) => read), locked: { parts, removed } };
}
