import type { Type, UseCase } from "../../model/model.ts";
import { upperCamel } from "../../model/naming.ts";
import { TEXT_FORMATS, type TextFormat } from "../../settings/text-formats.ts";
import { type Code, list, literalOf } from "../../text/source.ts";
import { everyType } from "../every-type.ts";
import { unique } from "../names.ts";
import { ownersIn, recursionOf } from "../recursion.ts";
import { type Owner, partsOf } from "../wrappers.ts";
import { FEW_MEMBERS, type TopLevel } from "./validate-checks.ts";

/** What is fixed for all of one validator's functions. */
export interface Validator {
  /** Most objects of recursive types in one event: each takes two bytes of it. */
  readonly maxObjects: number;
  /** Most items of a list without a limit of its own: each takes a byte of the event. */
  readonly maxItems: number;
  readonly top: TopLevel;
  /** Declarations at the top of the file. */
  readonly constants: readonly Code[];
  /** Names at the top of the file and of JavaScript, which no variable may hide. */
  readonly taken: ReadonlySet<string>;
  readonly recursive: ReadonlySet<string>;
  /** Whether values of the type can nest without an end, so that its check must know how deep it is. */
  readonly isDeep: (type: Type) => boolean;
  /** A name at the top of the file, that one or the like. */
  readonly nameFor: (preferred: string) => string;
  /** The name of the function that checks a list or map: see `Place`. */
  readonly partCheck: (place: Place) => string;
}

/** A field of a message, a variant of a union, or an element of it: `path` is the field's number, then a step a level: see `Wrapper`. */
export interface Place {
  readonly owner: Owner;
  readonly path: string;
}

const TAKEN = (
  "add describe failed found isDate isFull isJson isObject isPlainObject isTimestamp keyPath nest objects quote value depth " +
  "MAX_VIOLATIONS Array BigInt Date JSON Number Object Uint8Array undefined"
).split(" ");

export function createValidator({ event, frontend }: UseCase): Validator {
  const taken = new Set(TAKEN);
  for (const { name } of [...event.messages, ...event.unions]) taken.add(`check${name}`);
  const constants: Code[] = [];
  const declare = (preferred: string, value: string) => {
    const name = unique(preferred, taken);
    constants.push({ line: `const ${name} = ${value};`, lines: () => [`const ${name} =`, [`${value};`]] });
    return name;
  };

  const sets = new Map<string, string>();
  for (const { name, members } of event.enums) {
    if (members.length <= FEW_MEMBERS) continue;
    const constant = unique(`MEMBERS_OF_${name}`, taken);
    const items = members.map(({ value }) => literalOf(value));
    sets.set(name, constant);
    constants.push(list(`const ${constant} = new Set<unknown>([`, items, "]);"));
  }
  const patterns = new Map<string, string>();
  /** What is called with a text. */
  const formats = new Map<TextFormat, string>();
  for (const type of everyType(event)) {
    if (type.kind !== "text") continue;
    const { pattern, format } = type;
    if (pattern !== undefined && !patterns.has(pattern))
      patterns.set(pattern, declare("PATTERN", regularExpression(pattern)));
    if (format === undefined || formats.has(format)) continue;
    const { test } = TEXT_FORMATS[format];
    const tested = "literal" in test ? `${declare(format.toUpperCase(), test.literal)}.test` : test.function;
    formats.set(format, tested);
  }

  const { recursive, leading } = recursionOf(event);
  const parts = new Map<string, string>();
  const maxItems = frontend.maxPayloadBytes;
  return {
    maxObjects: Math.floor(frontend.maxPayloadBytes / 2),
    maxItems,
    constants,
    taken,
    recursive,
    isDeep: (type) => leading.size > 0 && ownersIn(type).some((name) => leading.has(name)),
    top: {
      maxItems,
      members: (name) => event.enums.find((union) => union.name === name)?.members.map(({ value }) => value) ?? [],
      memberSet: (name) => sets.get(name)!,
      pattern: (source) => patterns.get(source)!,
      hasFormat: (format, value) => `${formats.get(format)}(${value})`,
    },
    nameFor: (preferred) => unique(preferred, taken),
    partCheck: ({ owner, path }) => {
      const key = `${owner.name}/${path}`;
      const known = parts.get(key);
      if (known !== undefined) return known;
      const [number, ...levels] = path.split("/");
      const part = partsOf(owner).find((candidate) => String(candidate.number) === number);
      const inner = levels.map((level) => (level === "items" ? "Item" : level === "values" ? "Value" : "")).join("");
      const name = unique(`check${owner.name}${upperCamel(part?.name ?? "")}${inner}`, taken);
      parts.set(key, name);
      return name;
    },
  };
}

/** A literal; a source that was written as a string may hold slashes and line ends. */
function regularExpression(source: string): string {
  return `/${new RegExp(source, "u").source}/u`;
}
