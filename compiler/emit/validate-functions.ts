import type { ArrayType, Field, Message, RecordType, Type } from "../model/model.ts";
import { isInherited, pathSegment, propertyKey, variable } from "./names.ts";
import { arrayRule } from "./rules.ts";
import { type Choice, type Code, list, literal, when, whenBoth } from "./source.ts";
import { type Check, checkOf } from "./validate-checks.ts";
import type { Place, Validator } from "./validate-names.ts";
import { MAX_DEPTH, MAX_ITEMS, MAX_OBJECTS } from "./validate-parts.ts";

/** Of an array's element, in the generated code. */
const INDEX_PATH = "`[$" + "{i}]`";

/** The function that checks a message, and those for its lists and maps. */
export function messageFunctions(message: Message, validator: Validator): Code[] {
  const { name, fields } = message;
  const isRecursive = validator.recursive.has(name);
  const taken = new Set(validator.taken);
  const locals = fields.map((field) => ({ ...field, local: variable(field.name, taken) }));
  const plain = locals.filter((field) => !isInherited(field.name));
  const properties = plain.map(({ name, local }) => {
    const key = propertyKey(name);
    return key === local ? key : `${key}: ${local}`;
  });

  const body: Code[] = [
    ...(isRecursive ? limits() : []),
    'if (!isObject(value)) return failed("must be an object", describe(value));',
    ...(properties.length > 0 ? [spaced(list("const { ", properties, " } = value;"))] : []),
    ...locals
      .filter((field) => isInherited(field.name))
      .map(({ name, local }) => {
        const key = literal(name);
        return `const ${local}: unknown = Object.hasOwn(value, ${key}) ? value[${key}] : undefined;`;
      }),
    ...(fields.length > 0 ? ["let found: Found;"] : []),
    ...locals.flatMap((field) => [
      ...fieldStatements(field, field.local, { message, path: String(field.number) }, validator),
      ...(isRecursive && validator.isDeep(field.type) ? ["if (isFull(found)) return found;"] : []),
    ]),
    fields.length > 0 ? "return found;" : "return undefined;",
  ];
  return [
    ...checkFunction(`check${name}`, body, validator.isDeep({ kind: "message", name })),
    ...fields.flatMap(({ type, number }) => partFunctions(type, { message, path: String(number) }, validator)),
  ];
}

function checkFunction(name: string, body: readonly Code[], isDeep: boolean): Code[] {
  return ["", `function ${name}(value: unknown${isDeep ? ", depth: number" : ""}): Found {`, body, "}"];
}

function limits(): Code[] {
  const tooMany = `must have at most ${MAX_OBJECTS} nested objects in all`;
  return [
    `if (depth > ${MAX_DEPTH}) return failed("must nest at most ${MAX_DEPTH} levels deep", describe(value));`,
    `if (++objects > ${MAX_OBJECTS}) return failed("${tooMany}", "more");`,
  ];
}

function spaced(choice: Choice): Choice {
  return { line: choice.line, lines: choice.lines.map((line) => (typeof line === "string" ? line.trim() : line)) };
}

function fieldStatements({ name, type, optional }: Field, local: string, place: Place, validator: Validator): Code[] {
  const path = literal(pathSegment(name));
  const check = checkOf(type, local, validator.top);
  if (check) return [...condition(check, optional ? local : undefined), [report(path, check, local)], "}"];
  const nested = `found = nest(found, ${path}, ${partCall(type, local, 0, place, validator)});`;
  return [optional ? `if (${local} !== undefined) ${nested}` : nested];
}

function condition({ wrong, operator }: Check, optional?: string): Code[] {
  if (optional === undefined) return [when(wrong, operator)];
  const present = `${optional} !== undefined`;
  return [operator === "||" && wrong.length > 1 ? whenBoth(present, wrong) : when([present, ...wrong], "&&")];
}

function report(path: string, { rule, describe }: Check, value: string): Code {
  return list("found = add(", ["found", path, literal(`must be ${rule}`), `${describe}(${value})`], ");");
}

/** Calls the function that checks a message, list or map; `levels` more deeply nested than the caller's own value. */
function partCall(type: Type, value: string, levels: number, place: Place, validator: Validator): string {
  const deeper = levels + (type.kind === "message" ? 1 : 0);
  const depth = !validator.isDeep(type) ? "" : deeper === 0 ? ", depth" : `, depth + ${deeper}`;
  const name = type.kind === "message" ? `check${type.name}` : validator.partCheck(place);
  return `${name}(${value}${depth})`;
}

function partFunctions(type: Type, place: Place, validator: Validator): Code[] {
  switch (type.kind) {
    case "array":
      return [
        ...checkFunction(validator.partCheck(place), arrayBody(type, place, validator), validator.isDeep(type)),
        ...partFunctions(type.items, { ...place, path: `${place.path}/items` }, validator),
      ];
    case "record":
      return [
        ...checkFunction(validator.partCheck(place), recordBody(type, place, validator), validator.isDeep(type)),
        ...partFunctions(type.values, { ...place, path: `${place.path}/values` }, validator),
      ];
    default:
      return [];
  }
}

function arrayBody(type: ArrayType, place: Place, validator: Validator): Code[] {
  const wrong = [
    "!Array.isArray(value)",
    ...(type.minItems ? [`value.length < ${type.minItems}`] : []),
    ...(type.maxItems === undefined ? [] : [`value.length > ${type.maxItems}`]),
  ];
  const rule = literal(`must be ${arrayRule(type)}`);
  const tooLong = literal(`must be ${arrayRule({ ...type, maxItems: MAX_ITEMS })}`);
  return [
    ...returnWhen(wrong, rule),
    ...(type.maxItems === undefined ? returnWhen([`value.length > ${MAX_ITEMS}`], tooLong) : []),
    "let found: Found;",
    "for (let i = 0; i < value.length && !isFull(found); i++) {",
    [
      "const item: unknown = value[i];",
      ...elementStatements(type.items, INDEX_PATH, 1, { ...place, path: `${place.path}/items` }, validator),
    ],
    "}",
    "return found;",
  ];
}

function recordBody(type: RecordType, place: Place, validator: Validator): Code[] {
  return [
    ...returnWhen(["!isPlainObject(value)"], '"must be a plain object"'),
    "let found: Found;",
    "for (const key of Object.keys(value)) {",
    [
      "if (isFull(found)) break;",
      "const item = value[key];",
      "if (!key.isWellFormed()) {",
      ['found = add(found, keyPath(key), "must be a key that UTF-8 can hold", "one with a lone surrogate");'],
      "}",
      ...elementStatements(type.values, "keyPath(key)", 2, { ...place, path: `${place.path}/values` }, validator),
    ],
    "}",
    "return found;",
  ];
}

function returnWhen(wrong: readonly string[], rule: string): Code[] {
  const { line, lines } = when(wrong, "||");
  const statement = `return failed(${rule}, describe(value));`;
  return [{ line: `${line.slice(0, -2)} ${statement}`, lines: [{ line, lines }, [statement], "}"] }];
}

/** Looks at `item`. A wrapper nests one level on the wire, a map's entry one more. */
function elementStatements(type: Type, path: string, levels: number, place: Place, validator: Validator): Code[] {
  const check = checkOf(type, "item", validator.top);
  if (check) return [...condition(check), [report(path, check, "item")], "}"];
  const deeper = type.kind === "message" ? levels - 1 : levels;
  return [
    `const inner = ${partCall(type, "item", deeper, place, validator)};`,
    `if (inner !== undefined) found = nest(found, ${path}, inner);`,
  ];
}
