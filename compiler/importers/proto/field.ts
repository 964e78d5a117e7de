import { defaultJsonName } from "../../emit/proto/proto-names.ts";
import { isReservedNumber } from "../../model/protobuf.ts";
import { mendByOmitting, type Reading } from "../event.ts";
import type { Place } from "../report.ts";
import { DATE, type DeclaredField, list, NULL, named, record, type Shape } from "../shape.ts";
import type { ReadEnum } from "./enum.ts";
import type { NameUse, ProtoField, ProtoFile, ProtoOption } from "./file.ts";
import { docOf, reportOptions } from "./options.ts";
import { mapKeyOf, type Scalar, scalarOf } from "./scalars.ts";
import type { ProtoType } from "./types.ts";
import { NULL_VALUE, TIMESTAMP } from "./well-known.ts";

/** What reading a message's fields may ask for. */
export interface FieldScope extends Pick<Reading, "report"> {
  readonly file: ProtoFile;
  /** The message's name in TypeScript. */
  readonly owner: string;
  /** Another type by its name in the contract. */
  readonly resolve: (name: string) => ProtoType | undefined;
  /** A file that could not be found may have it. */
  readonly isIncomplete: boolean;
  /** The name that a message or enum is declared by; it is declared. */
  readonly declare: (type: ProtoType) => string;
  readonly enumOf: (type: ProtoType & { readonly kind: "enum" }) => ReadEnum;
}

export interface ReadField extends DeclaredField {
  /** What the lock calls its type. */
  readonly wire: string;
}

/** A value's type, what the lock calls it, and whether it is a message or enum. */
interface Value {
  readonly shape: Shape;
  readonly wire: string;
  readonly isMessage?: boolean;
  readonly union?: ReadEnum;
}

/** The property's name: what protobuf's JSON calls the field. */
export function propertyName({ name, options }: ProtoField): string {
  return options.find((option) => option.name === "json_name")?.value ?? defaultJsonName(name);
}

/** `undefined`: the field has no form here, which has been reported. */
export function readField(field: ProtoField, scope: FieldScope): ReadField | undefined {
  const { file, owner, report } = scope;
  const place: Place = { source: file.source, at: field.at, end: field.end };
  const refuse = (at: Place, found: string, reason: string, otherwise: string): undefined => {
    const fix = mendByOmitting(owner, propertyName(field), otherwise);
    report("not-representable", at, { subject: `'${field.name}' of ${owner}`, found, reason, fix });
  };

  if (isReservedNumber(field.number)) {
    return refuse(
      place,
      `number ${field.number}`,
      "which fivefold or protobuf keeps to itself",
      "Number it otherwise.",
    );
  }
  const key = field.key && mapKeyOf(field.key.name);
  if (field.key) {
    const at = { source: file.source, at: field.key.at, end: field.key.end };
    if (!key) {
      const found = `map<${field.key.name}, ${field.type.name}>`;
      const reason = "and a record's keys are strings or integers";
      return refuse(at, found, reason, "Use string keys, if nobody has sent such a map yet.");
    }
    reportNarrower(key, at, report);
  }
  const value = readValue(field.type, scope, refuse);
  if (!value) return undefined;
  if (value.isMessage && isDelimited(field, file)) {
    return refuse(place, "DELIMITED", "an encoding that no type here has", "Use LENGTH_PREFIXED.");
  }
  reportOptions(field.options, file, report);
  return { name: propertyName(field), ...presented(field, key, value, scope, place) };
}

/** The value with what the field says of how many there are, and whether there is one. */
function presented(
  field: ProtoField,
  key: Scalar | undefined,
  value: Value,
  { file, report }: FieldScope,
  place: Place,
): Omit<ReadField, "name"> {
  const { label, oneof } = field;
  const doc = docOf(field);
  if (field.key || label === "repeated") {
    if (value.union?.zero !== undefined) {
      const what = `'${field.name}': an item with number 0, ${value.union.zero}, is refused; alone, 0 reads as absent.`;
      report("values-differ", place, { what, fix: "Leave such items out." });
    }
    return field.key
      ? { shape: record(value.shape, key?.shape), wire: `map<${field.key.name}, ${value.wire}>`, optional: false, doc }
      : { shape: list(value.shape), wire: `repeated ${value.wire}`, optional: false, doc };
  }
  if (isRequired(field)) {
    const what = `'${field.name}' is required, and optional here: readers of the contract refuse events without it.`;
    report("values-differ", place, { what, fix: "See that every producer sets it." });
  }
  if (oneof !== undefined) {
    report(
      "rule-dropped",
      { source: file.source, at: oneof.at, end: oneof.end },
      {
        rule: `The oneof '${oneof.name}'`,
        reason: "its fields are imported as optional ones, of which several can be set",
        fix: "Set one of them: of several, readers of the contract keep the last.",
      },
    );
  }
  const { shape, wire, union } = value;
  const optional = value.isMessage === true || hasPresence(field, file);
  if (!union) return { shape, wire, optional, doc };
  if (union.zero === undefined) {
    const what = `'${field.name}': where it is absent, readers of the contract take it for ${union.literals[0]}.`;
    report("values-differ", place, { what, fix: `Take an absent '${field.name}' for that, too.` });
    return { shape, wire, optional: true, doc };
  }
  const isExplicit = hasPresence(field, file);
  if (!union.isUnspecified || isExplicit) {
    const what = `'${field.name}': ${union.zero}, the value with number 0, ${isExplicit ? "reads as" : "is what is"} absent.`;
    report("values-differ", place, { what, fix: `Take an absent '${field.name}' for ${union.zero}.` });
  }
  const note = union.isUnspecified ? "" : `Absent: ${union.zero}.`;
  return { shape, wire, optional: true, doc: [doc, note].filter((text) => text !== "").join("\n\n") };
}

type Refuse = (at: Place, found: string, reason: string, otherwise: string) => undefined;

function readValue(use: NameUse, scope: FieldScope, refuse: Refuse): Value | undefined {
  const place: Place = { source: scope.file.source, at: use.at, end: use.end };
  const scalar = scalarOf(use.name);
  if (scalar) {
    reportNarrower(scalar, place, scope.report);
    return { shape: scalar.shape, wire: use.name };
  }
  if (use.name === "group") {
    return refuse(place, "group", "an encoding that no type here has", "Use a message, if nobody has sent it yet.");
  }
  const type = scope.resolve(use.name);
  if (type) return readNamed(type, scope, place, refuse);
  const reason = scope.isIncomplete ? "is in none of the files that were found" : "is declared nowhere";
  const fix = scope.isIncomplete
    ? "Name the folder that the paths of imports start at with --include, as you would for protoc."
    : "Declare the message or enum, or import the file that does.";
  scope.report("unresolved-reference", place, { name: use.name, reason, fix });
  return undefined;
}

function reportNarrower({ narrower: what }: Scalar, place: Place, report: FieldScope["report"]): void {
  if (what) report("values-differ", place, { what, fix: "Nothing, if no producer sends them." });
}

function readNamed(type: ProtoType, scope: FieldScope, place: Place, refuse: Refuse): Value | undefined {
  if (type.fullName === TIMESTAMP) {
    const what = "Of a timestamp, what is finer than a millisecond is cut off: a Date holds no more.";
    scope.report("values-differ", place, { what, fix: "Nothing, if nobody needs it." });
    return { shape: DATE, wire: "timestamp", isMessage: true };
  }
  if (type.fullName === NULL_VALUE) return { shape: NULL, wire: "null" };
  if (type.kind === "message") {
    const name = scope.declare(type);
    return { shape: named(name, "object"), wire: `message ${name}`, isMessage: true };
  }
  const union = scope.enumOf(type);
  if (union.literals.length === 0) {
    return refuse(place, type.declared.name, "an enum with no value but 0, which reads as absent", "Give it values.");
  }
  const name = scope.declare(type);
  return { shape: named(name, "string"), wire: `enum ${name}`, union };
}

/** Whether the wire tells a singular scalar that is zero from one that is absent. */
function hasPresence({ label, oneof, options }: ProtoField, file: ProtoFile): boolean {
  if (label === "optional" || label === "required" || oneof !== undefined) return true;
  if (file.syntax !== "editions") return file.syntax === "proto2";
  return (featureOf(options, "field_presence") ?? featureOf(file.options, "field_presence")) !== "IMPLICIT";
}

/** Whether readers of the contract refuse a message without it. */
function isRequired({ label, options }: ProtoField): boolean {
  return label === "required" || featureOf(options, "field_presence") === "LEGACY_REQUIRED";
}

/** Whether a message's bytes stand between two tags, instead of behind their length. */
function isDelimited({ options }: ProtoField, file: ProtoFile): boolean {
  return (featureOf(options, "message_encoding") ?? featureOf(file.options, "message_encoding")) === "DELIMITED";
}

function featureOf(options: readonly ProtoOption[], name: string): string | undefined {
  const short = options.find((option) => option.name === `features.${name}`)?.value;
  // The same may be written as a message: features = { field_presence: IMPLICIT }.
  const long = options.find((option) => option.name === "features")?.value;
  return short ?? new RegExp(`\\b${name} : (\\w+)`).exec(long ?? "")?.[1];
}
