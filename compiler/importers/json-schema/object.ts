import type { Json, JsonObject } from "../../text/json.ts";
import { mendByOmitting } from "../event.ts";
import { checkFieldNames } from "../field-names.ts";
import { plainOf } from "../json-source.ts";
import { type DeclaredField, type Shape, shortened } from "../shape.ts";
import { docOf } from "./docs.ts";
import { type Parts, partsOf, valuesOf } from "./parts.ts";
import type { Scope, Use } from "./scope.ts";

/** Reads a type; `undefined`: it has no form here, which has been reported. */
type ReadType = (schemas: readonly Json[], use: Use) => Shape | undefined;

/** The schemas of each property that is named; several where parts say it twice. */
export function propertiesOf(parts: Parts): ReadonlyMap<string, readonly Json[]> {
  const properties = new Map<string, Json[]>();
  for (const { value } of valuesOf(parts, "properties")) {
    if (value.kind !== "object") continue;
    for (const [name, schema] of value.entries) properties.set(name, [...(properties.get(name) ?? []), schema]);
  }
  return properties;
}

export function requiredOf(parts: Parts): ReadonlySet<string> {
  return new Set(
    valuesOf(parts, "required").flatMap(
      ({ value }) => (value.kind === "array" ? value.items.map(plainOf) : []) as string[],
    ),
  );
}

/** What properties beside the named ones hold: schemas; none where there may be no others; `open`: anything. */
export function othersOf(parts: Parts): { readonly schemas: readonly Json[]; readonly isOpen: boolean } {
  const patterns = valuesOf(parts, "patternProperties").flatMap(({ value }) =>
    value.kind === "object" ? [...value.entries.values()] : [],
  );
  const rest = ["additionalProperties", "unevaluatedProperties"].flatMap((keyword) => valuesOf(parts, keyword));
  const isAny = ({ value }: { readonly value: Json }) =>
    plainOf(value) === true || (value.kind === "object" && value.entries.size === 0);
  const isNone = ({ value }: { readonly value: Json }) => plainOf(value) === false;
  const schemas = rest.filter((one) => !isAny(one) && !isNone(one)).map(({ value }) => value);
  return { schemas: [...patterns, ...schemas], isOpen: schemas.length === 0 && !rest.some(isNone) };
}

/** The fields of an object that is declared as `owner`. */
export function readFields(parts: Parts, owner: string, scope: Scope, readType: ReadType): DeclaredField[] {
  const { reading, documents } = scope;
  const required = requiredOf(parts);
  const properties = new Map(propertiesOf(parts));
  const useOf = (name: string): Use => ({
    scope,
    subject: `'${name}' of ${owner}`,
    wish: `${owner}-${name}`,
    refuse(at, found, reason, otherwise) {
      const fix = mendByOmitting(owner, name, otherwise);
      const subject = `'${name}' of ${owner}`;
      reading.report("not-representable", documents.placeOf(at), { subject, found: shortened(found), reason, fix });
      return undefined;
    },
    around: [],
  });
  const isClosed = !othersOf(parts).isOpen;
  for (const { value } of valuesOf(parts, "required")) {
    for (const item of value.kind === "array" ? value.items : []) {
      const name = String(plainOf(item));
      if (properties.has(name) || reading.isOmitted(owner, name)) continue;
      if (isClosed) useOf(name).refuse(item, "required", "and no schema lets it be there", "Add it to the properties.");
      properties.set(name, []);
    }
  }
  const wanted = [...properties].filter(([name]) => !reading.isOmitted(owner, name));
  checkFieldNames(
    wanted.map(([name, [schema]]) => ({ name, place: documents.placeOf(schema ?? parts.all[0]!) })),
    owner,
    reading.report,
  );
  reportOthers(parts, owner, scope);
  return wanted.flatMap(([name, schemas]) => {
    // What may never be there has no field.
    if (!required.has(name) && schemas.some((schema) => plainOf(schema) === false)) return [];
    const shape = readType(schemas, useOf(name));
    const doc = schemas.map((schema) => docOf(schema)).find((text) => text !== "") ?? "";
    return shape ? [{ name, shape, optional: !required.has(name), doc }] : [];
  });
}

/** An event has the fields that its type names, and no others. */
function reportOthers(parts: Parts, owner: string, { reading, documents }: Scope): void {
  const { schemas, isOpen } = othersOf(parts);
  const [others] = schemas;
  if (others && !reading.isOmitted(owner, "*")) {
    reading.report("not-representable", documents.placeOf(others), {
      subject: `What else ${owner} may have`,
      found: "additionalProperties",
      reason: "and an object has either named fields or any of one type",
      fix: mendByOmitting(owner, "*", "Give the others a property of their own: an object of them."),
    });
  }
  const first = valuesOf(parts, "properties")[0]?.part ?? parts.all[0]!;
  if (isOpen && schemas.length === 0) {
    reading.report("values-differ", documents.placeOf(first), {
      what: "The schema allows properties that it doesn't name. An event has none: from JSON they are refused, else left.",
      fix: 'Name those that somebody needs. Where there are none, say "additionalProperties": false.',
    });
  }
}

/** Values by which an object is known: those of required properties that are literals. */
export function tagsOf(parts: Parts, scope: Scope): ReadonlyMap<string, readonly unknown[]> {
  const required = requiredOf(parts);
  const tags = new Map<string, readonly unknown[]>();
  for (const [name, schemas] of propertiesOf(parts)) {
    const all = schemas.flatMap((schema) => partsOf(schema, scope.documents).all);
    const values = all.flatMap((part: JsonObject) => {
      const [one, several] = [part.entries.get("const"), part.entries.get("enum")];
      return one ? [plainOf(one)] : several?.kind === "array" ? several.items.map(plainOf) : [];
    });
    if (required.has(name) && values.length > 0) tags.set(name, values);
  }
  return tags;
}
