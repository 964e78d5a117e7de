import type { ArrayType, Field, IntType, Message, RecordType, Type } from "../../model/model.ts";
import { isRest, tupleSize } from "../../model/tuples.ts";
import { brokenList, type Choice, type Code, list, literal, onlyIf, when, whenAll } from "../../text/source.ts";
import { chunksOf } from "../chunks.ts";
import { isInherited, pathSegment, propertyKey, variable } from "../names.ts";
import { presenceConditions, presentType } from "../presence.ts";
import { arrayRule } from "../rules.ts";
import { destructured } from "../tuples.ts";
import { elementOf, elementPath, isWrapped, type Wrapped } from "../wrappers.ts";
import { type Check, checkOf, intCheck } from "./validate-checks.ts";
import type { Place, Validator } from "./validate-names.ts";
import { MAX_DEPTH } from "./validate-parts.ts";

/** Of an array's element, in the generated code. */
const INDEX_PATH = "`[$" + "{i}]`";

/** The function that checks a message, and those for its lists and maps. */
export function messageFunctions(message: Message, validator: Validator): Code[] {
  const { name, fields } = message;
  const isRecursive = validator.recursive.has(name);
  const parts: Code[] = [];
  for (const field of fields) {
    const offset = isRest(message, field) ? fields.length - 1 : 0;
    const place = { owner: message, path: String(field.number) };
    parts.push(...partFunctions(presentType(field.type), place, validator, offset));
  }
  const code = message.tuple
    ? tupleFunction(message, isRecursive, validator)
    : objectFunctions(message, isRecursive, validator);
  code.push(...parts);
  return code;
}

function objectFunctions(message: Message, isRecursive: boolean, validator: Validator): Code[] {
  const { name, fields } = message;
  const isDeep = validator.isDeep({ kind: "message", name });
  const body = isRecursive ? limits(validator) : [];
  body.push('if (!isObject(value)) return failed("must be an object", describe(value));');
  const code = checkFunction(`check${name}`, body, isDeep);
  const chunks = chunksOf(fields);
  if (chunks.length <= 1) {
    body.push(...fieldsBody(message, fields, undefined, validator));
    return code;
  }
  const checks = chunks.map((_, i) => validator.nameFor(`check${name}Fields${i + 1}`));
  const calls = checks.map((check) => `found = ${check}(value, found${isDeep ? ", depth" : ""});`);
  body.push("let found: Found;", ...calls, "return found;");
  const parameters = ["value: Record<string, unknown>", "before: Found"];
  if (isDeep) parameters.push("depth: number");
  for (const [i, check] of checks.entries()) {
    const signature = list(`function ${check}(`, parameters, "): Found {");
    code.push("", signature, fieldsBody(message, chunks[i]!, "before", validator), "}");
  }
  return code;
}

/** Looks at fields of an object; `before` is the variable that holds what was found already, if anything was looked at. */
function fieldsBody(
  message: Message,
  fields: readonly Field[],
  before: string | undefined,
  validator: Validator,
): Code[] {
  if (fields.length === 0) return ["return undefined;"];
  const isRecursive = validator.recursive.has(message.name);
  const taken = new Set(validator.taken);
  if (before) taken.add(before);
  const locals = fields.map(({ name }) => variable(name, taken));
  const code = declarations(fields, locals);
  code.push(before ? `let found = ${before};` : "let found: Found;");
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i]!;
    const path = literal(pathSegment(field.name));
    addFieldStatements(code, field, path, locals[i]!, { owner: message, path: String(field.number) }, validator);
    if (isRecursive && validator.isDeep(field.type)) code.push("if (isFull(found)) return found;");
  }
  code.push("return found;");
  return code;
}

/** Of variables for fields of an object. */
function declarations(fields: readonly Field[], locals: readonly string[]): Code[] {
  const properties: string[] = [];
  const others: string[] = [];
  for (let i = 0; i < fields.length; i++) {
    const { name } = fields[i]!;
    if (isInherited(name)) {
      const key = literal(name);
      others.push(`const ${locals[i]}: unknown = Object.hasOwn(value, ${key}) ? value[${key}] : undefined;`);
    } else {
      const key = propertyKey(name);
      properties.push(key === locals[i] ? key : `${key}: ${locals[i]}`);
    }
  }
  if (properties.length === 0) return others;
  const destructuring = {
    line: `const { ${properties.join(", ")} } = value;`,
    lines: () => brokenList("const {", properties, "} = value;"),
  };
  return [destructuring, ...others];
}

function tupleFunction(message: Message, isRecursive: boolean, validator: Validator): Code[] {
  const { name, fields } = message;
  const { pattern, locals } = destructured(message, () => true, new Set(validator.taken));
  const { least, most } = tupleSize(message);
  const bounds = [
    ...(least > 0 ? [`value.length < ${least}`] : []),
    ...(most === undefined ? [] : [`value.length > ${most}`]),
  ];
  const wrong = ["!Array.isArray(value)", ...(least === most ? [`value.length !== ${most}`] : bounds)];
  const rule = arrayRule({ minItems: least, ...(most !== undefined && { maxItems: most }) });
  const statements: Code[] = [];
  for (const [i, field] of fields.entries()) {
    const place = { owner: message, path: String(field.number) };
    const path = isRest(message, field) ? '""' : `"[${i}]"`;
    addFieldStatements(statements, field, path, locals.get(field)!, place, validator);
  }
  const body = [
    ...(isRecursive ? limits(validator) : []),
    returnWhen(wrong, literal(`must be ${rule}`)),
    ...(pattern === ""
      ? ["return undefined;"]
      : [`${pattern}: readonly unknown[] = value;`, "let found: Found;", ...statements, "return found;"]),
  ];
  return checkFunction(`check${name}`, body, validator.isDeep({ kind: "message", name }));
}

export function checkFunction(name: string, body: readonly Code[], isDeep: boolean): Code[] {
  return ["", `function ${name}(value: unknown${isDeep ? ", depth: number" : ""}): Found {`, body, "}"];
}

export function limits({ maxObjects }: Validator): Code[] {
  const tooMany = `must have at most ${maxObjects} nested objects in all`;
  return [
    `if (depth > ${MAX_DEPTH}) return failed("must nest at most ${MAX_DEPTH} levels deep", describe(value));`,
    `if (++objects > ${maxObjects}) return failed("${tooMany}", "more");`,
  ];
}

function addFieldStatements(
  statements: Code[],
  field: Field,
  path: string,
  local: string,
  place: Place,
  validator: Validator,
): void {
  const type = presentType(field.type);
  const present = presenceConditions(field, local);
  const check = checkOf(type, local, validator.top);
  if (check) {
    statements.push(condition(check, present), [report(path, check, local, field.type)], "}");
    return;
  }
  const nested = `found = nest(found, ${path}, ${partCall(type, local, 0, place, validator)});`;
  statements.push(present.length > 0 ? onlyIf(present, nested) : nested);
}

/** Whether a value is wrong, given that it is present. */
function condition({ wrong, operator }: Check, present: readonly string[]): Choice {
  if (present.length === 0) return when(wrong, operator);
  return operator === "||" && wrong.length > 1 ? whenAll(present, wrong) : when([...present, ...wrong], "&&");
}

function report(path: string, { rule, describe }: Check, value: string, { kind }: Type): Code {
  const orNull = kind === "nullable" ? " or null" : "";
  const said = literal(`must be ${rule}${orNull}`);
  return {
    line: `found = add(found, ${path}, ${said}, ${describe}(${value}));`,
    lines: () => brokenList("found = add(", ["found", path, said, `${describe}(${value})`], ");"),
  };
}

/** Calls the function that checks a message, list or map; `levels` more deeply nested than the caller's own value. */
export function partCall(type: Type, value: string, levels: number, place: Place, validator: Validator): string {
  const isOwner = type.kind === "message" || type.kind === "union";
  const deeper = levels + (isOwner ? 1 : 0);
  const depth = !validator.isDeep(type) ? "" : deeper === 0 ? ", depth" : `, depth + ${deeper}`;
  return `${isOwner ? `check${type.name}` : validator.partCheck(place)}(${value}${depth})`;
}

/** The functions for a list or map and those inside; `offset` is where the list's items begin in a tuple. */
export function partFunctions(type: Type, place: Place, validator: Validator, offset = 0): Code[] {
  if (!isWrapped(type)) return [];
  const inner = partFunctions(elementOf(type), inside(place, type), validator);
  if (type.kind === "nullable") return inner;
  const body = type.kind === "array" ? arrayBody(type, place, validator, offset) : recordBody(type, place, validator);
  return [...checkFunction(validator.partCheck(place), body, validator.isDeep(type)), ...inner];
}

function inside(place: Place, type: Wrapped): Place {
  return { owner: place.owner, path: elementPath(place.path, type) };
}

function arrayBody(type: ArrayType, place: Place, validator: Validator, offset: number): Code[] {
  const path = offset === 0 ? INDEX_PATH : INDEX_PATH.replace("i", `i + ${offset}`);
  const wrong = ["!Array.isArray(value)"];
  if (type.minItems) wrong.push(`value.length < ${type.minItems}`);
  if (type.maxItems !== undefined) wrong.push(`value.length > ${type.maxItems}`);
  const rule = literal(`must be ${arrayRule(type)}`);
  return [
    returnWhen(wrong, rule),
    ...(type.maxItems === undefined ? [tooLong(type, validator)] : []),
    "let found: Found;",
    "for (let i = 0; i < value.length && !isFull(found); i++) {",
    ["const item: unknown = value[i];", ...elementStatements(type.items, path, 1, inside(place, type), validator)],
    "}",
    "return found;",
  ];
}

function tooLong(type: ArrayType, { maxItems }: Validator): Choice {
  return returnWhen([`value.length > ${maxItems}`], literal(`must be ${arrayRule({ ...type, maxItems })}`));
}

function recordBody(type: RecordType, place: Place, validator: Validator): Code[] {
  return [
    returnWhen(["!isPlainObject(value)"], '"must be a plain object"'),
    "let found: Found;",
    "for (const key of Object.keys(value)) {",
    [
      "if (isFull(found)) break;",
      "const item = value[key];",
      ...(type.keys ? keyStatements(type.keys) : KEY_STATEMENTS),
      ...elementStatements(type.values, "keyPath(key)", 2, inside(place, type), validator, type.sparse),
    ],
    "}",
    "return found;",
  ];
}

const KEY_STATEMENTS: readonly Code[] = [
  "if (!key.isWellFormed()) {",
  ['found = add(found, keyPath(key), "must be a key that UTF-8 can hold", "one with a lone surrogate");'],
  "}",
];

/** One text for each number: in others, two keys could be one on the wire. */
function keyStatements(keys: IntType): Code[] {
  const { wrong, rule } = intCheck(keys, "Number(key)");
  const said = literal(`must have for a key ${rule}, in decimal digits`);
  return [
    when(["String(Number(key)) !== key", ...wrong], "||"),
    [list("found = add(", ["found", "keyPath(key)", said, "quote(key)"], ");")],
    "}",
  ];
}

function returnWhen(wrong: readonly string[], rule: string): Choice {
  const condition = when(wrong, "||");
  const statement = `return failed(${rule}, describe(value));`;
  return { line: `${condition.line.slice(0, -2)} ${statement}`, lines: () => [condition, [statement], "}"] };
}

/** Looks at `item`. A wrapper nests one level on the wire, a map's entry one more. */
function elementStatements(
  type: Type,
  path: string,
  levels: number,
  place: Place,
  validator: Validator,
  sparse = false,
): Code[] {
  const present = presentType(type);
  const conditions = presenceConditions({ type, optional: sparse }, "item");
  const check = checkOf(present, "item", validator.top);
  if (check) return [condition(check, conditions), [report(path, check, "item", type)], "}"];
  const within = type.kind === "nullable" ? { place: inside(place, type), levels: levels + 1 } : { place, levels };
  const isOwner = present.kind === "message" || present.kind === "union";
  const deeper = isOwner ? within.levels - 1 : within.levels;
  const statements = [
    `const inner = ${partCall(present, "item", deeper, within.place, validator)};`,
    `if (inner !== undefined) found = nest(found, ${path}, inner);`,
  ];
  return conditions.length > 0 ? [when(conditions, "&&"), statements, "}"] : statements;
}
