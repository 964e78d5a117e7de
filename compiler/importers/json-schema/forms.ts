import type { Json, JsonObject } from "../../text/json.ts";
import { plainOf } from "../json-source.ts";
import { isSchema } from "./parts.ts";
import type { Scope } from "./scope.ts";

/** What the value of a keyword must be, in words and as a check. */
interface Form {
  readonly what: string;
  readonly is: (value: Json) => boolean;
}

const SCHEMA: Form = { what: "a schema", is: isSchema };
const STRING: Form = { what: "a string", is: (value) => typeof plainOf(value) === "string" };
const NUMBER: Form = { what: "a number", is: (value) => typeof plainOf(value) === "number" };
const COUNT: Form = { what: "a count, from 0", is: (value) => isCount(plainOf(value)) };
const LIST: Form = { what: "a list of values", is: ({ kind }) => kind === "array" };
const OBJECT: Form = { what: "an object of schemas", is: ({ kind }) => kind === "object" };
/** Up to draft 4 a flag beside the bound. */
const BOUND: Form = {
  what: "a number, or true or false",
  is: (value) => /^(number|boolean)$/.test(typeof plainOf(value)),
};
const SCHEMAS: Form = {
  what: "a list of schemas, of at least one",
  is: (value) => value.kind === "array" && value.items.length > 0 && value.items.every(isSchema),
};
const NAMES: Form = {
  what: "a list of names",
  is: (value) => value.kind === "array" && value.items.every(STRING.is),
};

/** Of the keywords that types are made of. What the others hold makes no difference. */
const FORMS: Readonly<Record<string, Form>> = {
  $ref: STRING,
  type: { what: "a type's name, or a list of them", is: (value) => STRING.is(value) || NAMES.is(value) },
  enum: LIST,
  allOf: SCHEMAS,
  anyOf: SCHEMAS,
  oneOf: SCHEMAS,
  properties: OBJECT,
  patternProperties: OBJECT,
  required: NAMES,
  additionalProperties: SCHEMA,
  unevaluatedProperties: SCHEMA,
  // A list of schemas is one of a tuple.
  items: { what: "a schema", is: (value) => isSchema(value) || value.kind === "array" },
  minItems: COUNT,
  maxItems: COUNT,
  minLength: COUNT,
  maxLength: COUNT,
  pattern: STRING,
  format: STRING,
  contentEncoding: STRING,
  minimum: NUMBER,
  maximum: NUMBER,
  exclusiveMinimum: BOUND,
  exclusiveMaximum: BOUND,
  multipleOf: NUMBER,
};

/** Whether all keywords hold what they may; reports those that don't. */
export function checkForms(schema: JsonObject, scope: Pick<Scope, "reading" | "documents">): boolean {
  let isWell = true;
  for (const [keyword, value] of schema.entries) {
    if (!Object.hasOwn(FORMS, keyword) || FORMS[keyword]!.is(value)) continue;
    isWell = false;
    reportMalformed(value, `'${keyword}' must be ${FORMS[keyword]!.what}`, scope);
  }
  return isWell;
}

/** Reports what no JSON Schema can say. */
export function reportMalformed(
  at: Json,
  reason: string,
  { reading, documents }: Pick<Scope, "reading" | "documents">,
): void {
  const fix = "Fix the file, as JSON Schema has it.";
  reading.report("bad-source", documents.placeOf(at), { format: "JSON Schema", reason, fix });
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
