import type { Json } from "../../text/json.ts";
import { plainOf } from "../json-source.ts";
import { JSON_VALUE, list, NULL, named, nullable, record, type Shape, unionOf } from "../shape.ts";
import { docOf } from "./docs.ts";
import { reportMalformed } from "./forms.ts";
import { reportDropped } from "./keywords.ts";
import { BOOLEAN, isEmptyRange, readNumber, readString } from "./leaf.ts";
import { literalsOf, readLiterals } from "./literals.ts";
import { othersOf, propertiesOf, requiredOf } from "./object.ts";
import { isNamed, isSame, joined, type Parts, partsOf, type TypeName, typesOf, valuesOf } from "./parts.ts";
import type { Use } from "./scope.ts";
import { alternativesOf, readAlternatives, refuseEndless } from "./union.ts";

/** The type that all of these schemas allow; any value of JSON where there are none. `undefined`: it has no form here, which has been reported. */
export function readSchemas(schemas: readonly Json[], use: Use): Shape | undefined {
  if (schemas.length === 0) return JSON_VALUE;
  const parts = schemas.map((schema) => partsOf(schema, use.scope.documents)).reduce(joined);
  const [schema] = schemas;
  return readParts(parts, schema!, use);
}

/** Lists, records and alternatives in each other, without an object between: as deep as the compiler takes. */
const MAX_NESTING = 64;

function readParts(parts: Parts, at: Json, use: Use): Shape | undefined {
  const { documents, reading, takeType, checkPart } = use.scope;
  const taken = takeType();
  if (taken !== "taken") {
    const fix = "Give parts of it names in $defs, or put objects in between.";
    return taken === "first too many" ? use.refuse(at, describe(at), "whose alternatives multiply", fix) : undefined;
  }
  for (const json of parts.malformed) reportMalformed(json, "a schema is an object, true or false", use.scope);
  for (const ref of parts.lost) {
    const name = String(plainOf(ref));
    const reason = "names no schema of this file, nor of one that was found beside it";
    const fix = "Correct the reference, put the schemas into one file, or name the other one's folder with --include.";
    reading.report("unresolved-reference", documents.placeOf(ref), { name, reason, fix });
  }
  const illFormed = parts.all.filter((part) => !checkPart(part));
  if (parts.lost.length + parts.malformed.length + illFormed.length > 0) return undefined;
  if (parts.isNever) return use.refuse(at, "false", "which no value fits", "Fix the schema.");
  if (parts.isEndless || use.around.length > MAX_NESTING || use.around.some((outer) => isSame(outer, parts))) {
    return refuseEndless(at, use);
  }

  const inside = { ...use, around: [...use.around, parts] };
  const [alternatives] = alternativesOf(parts, use);
  if (alternatives) {
    const shape = readAlternatives(parts, alternatives, inside, (whole, branchUse) => readParts(whole, at, branchUse));
    return withName(shape, parts, use);
  }
  const values = literalsOf(parts);
  if (values) return withName(readLiterals(values, parts, use), parts, use);
  const { names, isNullable, isImplied } = typesOf(parts);
  if (isImplied && names.length > 0) {
    const what = `Without "type", a schema also takes values of other types than ${names[0]}, which are refused here.`;
    reading.report("values-differ", documents.placeOf(at), { what, fix: `Say "type": "${names[0]}".` });
  }
  if (names.length === 0) {
    if (isImplied) return JSON_VALUE;
    if (isNullable) return NULL;
    return use.refuse(at, describe(at), "whose parts exclude each other", "Fix the schema.");
  }
  const shapes = names.map((name) => readTyped(name, parts, at, inside));
  const read = shapes.filter((shape) => shape !== undefined);
  if (read.length < shapes.length) return undefined;
  const union = unionOf(read);
  return isNullable ? nullable(union) : union;
}

function describe(schema: Json): string {
  const text = JSON.stringify(plainOf(schema));
  return text.length <= 60 ? text : "a schema without a type";
}

/** A union that the schema has a name for keeps it. */
function withName(shape: Shape | undefined, parts: Parts, use: Use): Shape | undefined {
  const { documents, declareAlias } = use.scope;
  const others = shape?.members?.filter((member) => member !== NULL) ?? [];
  const schema = parts.identity;
  if (!shape || others.length < 2 || documents.keyOf(schema) === undefined) return shape;
  if (!isNamed(parts, documents)) return shape;
  const union = unionOf(others);
  const make = (name: string) => ({ kind: "alias", name, doc: docOf(schema, name), shape: union }) as const;
  const alias: Shape = { text: declareAlias(schema, make, use), kinds: union.kinds, imports: [], named: others };
  return shape.members?.includes(NULL) ? nullable(alias) : alias;
}

function readTyped(name: TypeName, parts: Parts, at: Json, use: Use): Shape | undefined {
  switch (name) {
    case "string":
      return readString(parts, at, use);
    case "number":
    case "integer":
      return readNumber(parts, name === "integer", at, use);
    case "boolean":
      return BOOLEAN;
    case "array":
      return readArray(parts, at, use);
    case "object":
      return readObject(parts, use);
    default:
      return use.refuse(at, name, "which is no type of JSON Schema", "Fix the type.");
  }
}

function readArray(parts: Parts, at: Json, use: Use): Shape | undefined {
  const items = valuesOf(parts, "items").map(({ value }) => value);
  const tuple = valuesOf(parts, "prefixItems")[0]?.value ?? items.find(({ kind }) => kind === "array");
  if (tuple) {
    const fix = "Use an object with a property for each item.";
    return use.refuse(tuple, "a tuple", "and lists have one type for all items", fix);
  }
  const item = readSchemas(items, { ...use, wish: `${use.wish}-item` });
  const counts = (keyword: string) =>
    valuesOf(parts, keyword).flatMap(({ value }) =>
      typeof plainOf(value) === "number" ? [Number(plainOf(value))] : [],
    );
  const minItems = Math.max(0, ...counts("minItems")) || undefined;
  const maxItems = counts("maxItems").sort((a, b) => a - b)[0];
  if (isEmptyRange("a number of items", minItems ?? 0, maxItems ?? Infinity, at, use)) return undefined;
  return item && list(item, { minItems, maxItems });
}

/** An object with named properties, or a record. */
function readObject(parts: Parts, use: Use): Shape | undefined {
  const { scope } = use;
  if (propertiesOf(parts).size > 0 || requiredOf(parts).size > 0) {
    return named(scope.declareObject(parts, use), "object");
  }
  const { schemas, isOpen } = othersOf(parts);
  if (schemas.length > 0) {
    const values = readSchemas(schemas.slice(0, 1), { ...use, wish: `${use.wish}-value` });
    for (const { part } of valuesOf(parts, "patternProperties")) {
      reportDropped(part, "patternProperties", "a record's keys are any strings", scope);
    }
    if (schemas.length > 1) {
      const fix = "Give all of them one schema.";
      return use.refuse(schemas[1]!, "a record of several types", "told apart by their keys", fix);
    }
    return values && record(values);
  }
  if (!isOpen) return named(scope.declareObject(parts, use), "object");
  return record(JSON_VALUE);
}
