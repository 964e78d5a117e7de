import type { Diagnostic, Sources } from "../diagnostics/diagnostics.ts";
import { NEW_USE_CASE } from "../lock/lock.ts";
import { type LockedUseCase, readLock } from "../lock/lock-file.ts";
import { writeLock } from "../lock/write-lock.ts";
import { readAvro } from "./avro/read.ts";
import type { ImportCode } from "./catalogue.ts";
import { reportEndless } from "./endless.ts";
import type { ImportedEvent, Numbers, Reading } from "./event.ts";
import { readJsonSchema } from "./json-schema/read.ts";
import { printDeclarations } from "./print.ts";
import { readProto } from "./proto/read.ts";
import { createReport, type Source } from "./report.ts";
import { readSamples } from "./samples/read.ts";
import type { Declaration, DeclaredField } from "./shape.ts";

/** A contract that is to become a use case's event. */
export interface ImportRequest {
  /** The contract's file, as diagnostics are to name it; its ending tells the format. */
  readonly file: string;
  readonly text: string;
  /** The message, record or definition that is the event. Default: the one that stands out. */
  readonly type?: string | undefined;
  /** Fields that are not wanted, as `Order.note`: types and fields by their names in TypeScript. Default: none. */
  readonly omit?: readonly string[] | undefined;
  /** Finds another file that the contract names, by the path that it has there. */
  readonly readImport: (path: string) => Source | undefined;
}

export interface ImportedContract {
  /** The name of the event's type. */
  readonly event: string;
  /** The types as TypeScript. */
  readonly text: string;
  /** What the text imports from the package. */
  readonly imports: readonly string[];
  /** A field that settings such as `orderBy` may name; absent: there is none. */
  readonly key?: string;
  /** The numbers that the contract gives its fields and values; absent where it has none. */
  readonly locked?: Numbers;
}

export interface ImportResult {
  /** Absent where there is an error. */
  readonly contract?: ImportedContract;
  readonly diagnostics: readonly Diagnostic<ImportCode>[];
  /** The texts that the diagnostics point into. */
  readonly sources: Sources;
  /** Of `omit`, what names no field. */
  readonly unknownOmissions: readonly string[];
}

interface Format {
  readonly ending: RegExp;
  readonly read: (reading: Reading) => ImportedEvent | undefined;
}

const FORMATS: readonly Format[] = [
  { ending: /\.proto$/i, read: readProto },
  { ending: /\.avsc$/i, read: readAvro },
  { ending: /(\.schema)?\.json$/i, read: readJsonSchema },
  { ending: /\.jsonl$/i, read: readSamples },
];

/** Whether a file of that name can be imported, which its ending tells. */
export function isImportable(file: string): boolean {
  return FORMATS.some(({ ending }) => ending.test(file));
}

/** Makes TypeScript types of a contract. Nothing is read but what `readImport` gives, and nothing is written. */
export async function importContract(request: ImportRequest): Promise<ImportResult> {
  const { file, text, type, omit = [], readImport } = request;
  const format = FORMATS.find(({ ending }) => ending.test(file));
  if (!format) throw new Error(`No format has the ending of ${file}.`);

  const sources = new Map([[file, text]]);
  const unknownOmissions = new Set(omit);
  const { report, diagnostics } = createReport();
  const source = { file, text };
  const event = format.read({
    source,
    type,
    fallbackName: (file.split(/[/\\]/).at(-1) ?? "").replace(format.ending, ""),
    report,
    isOmitted(owner, field) {
      unknownOmissions.delete(`${owner}.${field}`);
      return omit.includes(`${owner}.${field}`);
    },
    readImport(path) {
      const source = readImport(path);
      if (source) sources.set(source.file, source.text);
      return source;
    },
  });
  if (event) reportEndless(event.declarations, source, report);
  const found = diagnostics();
  const failed = found.some(({ severity }) => severity === "error");
  return {
    ...(event && !failed && { contract: await contractOf(event) }),
    diagnostics: found,
    sources,
    unknownOmissions: event ? [...unknownOmissions] : [],
  };
}

async function contractOf({ name, declarations, locked }: ImportedEvent): Promise<ImportedContract> {
  const key = keyOf(declarations[0]);
  return {
    event: name,
    text: await printDeclarations(declarations),
    imports: [...new Set(declarations.flatMap(importsOf))].sort(),
    ...(key !== undefined && { key }),
    ...(locked && { locked }),
  };
}

/** The first required string or integer whose name needs no quotes. */
function keyOf(event: Declaration | undefined): string | undefined {
  if (event?.kind !== "interface") return undefined;
  const isKey = ({ name, optional, shape }: DeclaredField) =>
    !optional && /^\w+$/.test(name) && /^(string$|bigint$|(Text|Int|Uint)\b(?!.*\[\]$))/.test(shape.text);
  return event.fields.find(isKey)?.name;
}

function importsOf(declaration: Declaration): readonly string[] {
  if (declaration.kind === "alias") return declaration.shape.imports;
  return declaration.fields.flatMap(({ shape }) => shape.imports);
}

/**
 * The lock's text with a use case more. `undefined`: the lock knows that use case already, and its numbers may be in
 * use. Throws a LockFault where the lock can't be followed.
 */
export function seedLock(text: string | undefined, name: string, numbers: Numbers): string | undefined {
  const lock = text === undefined ? new Map<string, LockedUseCase>() : readLock(text);
  return lock.has(name) ? undefined : writeLock(new Map([...lock, [name, { ...NEW_USE_CASE, ...numbers }]]));
}
