import type { Json, JsonObject } from "../../text/json.ts";
import { mendByOmitting } from "../event.ts";
import { checkFieldNames } from "../field-names.ts";
import { numberAt, placeOf, plainOf, stringAt } from "../json-source.ts";
import { bytes, type Declaration, type DeclaredField, literals } from "../shape.ts";
import type { AvroDefinition } from "./names.ts";
import { logicalOf } from "./scalars.ts";
import { type AvroScope, wrong } from "./scope.ts";
import { readType, type TypeUse } from "./type.ts";

/** Its declaration; none where it has no form here, which has been reported. */
export function readDefinition({ json }: AvroDefinition, scope: AvroScope): Declaration[] {
  const { owner: name } = scope;
  const doc = stringAt(json, "doc") ?? "";
  reportUnused(json, ["aliases", "default"], scope);
  switch (stringAt(json, "type")) {
    case "enum":
      return readEnum(json, doc, scope);
    case "fixed": {
      const size = numberAt(json, "size");
      const logical = logicalOf(json);
      const unit = logical.kind === "carried" && logical.unit !== undefined ? `It holds ${logical.unit}.` : "";
      const shape = bytes({ minLength: size, maxLength: size });
      if (size === undefined || !Number.isSafeInteger(size) || size < 0)
        return wrong(json, "a fixed type has a size, in bytes", scope);
      scope.reading.report("values-differ", placeOf(scope.reading.source, json), {
        what: "A fixed type is bytes of that length here, which Avro encodes otherwise: readers of one can't read the other.",
        fix: "Let both sides use one of the two contracts.",
      });
      return [{ kind: "alias", name, doc: [doc, unit].filter((text) => text !== "").join("\n\n"), shape }];
    }
    default:
      return [{ kind: "interface", name, doc, fields: readFields(json, scope) }];
  }
}

function readEnum(json: JsonObject, doc: string, scope: AvroScope): Declaration[] {
  const symbols = json.entries.get("symbols");
  const values = symbols?.kind === "array" ? symbols.items.map(plainOf) : [];
  if (values.length === 0 || !values.every((value) => typeof value === "string")) {
    return wrong(json, "an enum has symbols, which are names", scope);
  }
  return [{ kind: "alias", name: scope.owner, doc, shape: literals([...new Set(values)]) }];
}

function readFields(json: JsonObject, scope: AvroScope): DeclaredField[] {
  const { owner, reading } = scope;
  const fields = json.entries.get("fields");
  if (fields?.kind !== "array") {
    wrong(json, "a record has a list of fields", scope);
    return [];
  }
  const named = fields.items.flatMap((field) => {
    const name = field.kind === "object" ? stringAt(field, "name") : undefined;
    const type = field.kind === "object" ? field.entries.get("type") : undefined;
    if (field.kind === "object" && name !== undefined && type) return [{ field, name, type }];
    wrong(field, "a field has a name and a type", scope);
    return [];
  });
  const wanted = named.filter(({ name }) => !reading.isOmitted(owner, name));
  checkFieldNames(
    wanted.map(({ name, field }) => ({ name, place: placeOf(reading.source, field) })),
    owner,
    reading.report,
  );
  return wanted.flatMap((one) => readField(one, scope) ?? []);
}

function readField(
  { field, name, type }: { readonly field: JsonObject; readonly name: string; readonly type: Json },
  scope: AvroScope,
): DeclaredField | undefined {
  const { owner, reading } = scope;
  const docs = [stringAt(field, "doc") ?? ""];
  const use: TypeUse = {
    scope,
    note: (doc) => docs.push(doc),
    refuse(json, found, reason, otherwise) {
      const fix = mendByOmitting(owner, name, otherwise);
      const subject = `'${name}' of ${owner}`;
      reading.report("not-representable", placeOf(reading.source, json), { subject, found, reason, fix });
      return undefined;
    },
  };
  reportUnused(field, ["aliases", "order"], scope);
  const unset = field.entries.get("default");
  if (unset && !(unset.kind === "scalar" && unset.value === null))
    docs.push(`Default: ${JSON.stringify(plainOf(unset))}.`);
  if (unset) {
    const what = "Defaults are for readers of Avro: an event has all of its fields.";
    const fix = "Let producers fill them in. The comments say what they are.";
    reading.report("values-differ", placeOf(reading.source, unset), { what, fix });
  }
  const shape = readType(type, use);
  if (!shape) return undefined;
  return { name, shape, optional: false, doc: docs.filter((text) => text !== "").join("\n\n") };
}

/** Names and orders that only Avro's own readers know. */
function reportUnused(json: JsonObject, keys: readonly string[], { reading: { report, source } }: AvroScope): void {
  for (const key of keys) {
    const value = json.entries.get(key);
    if (!value) continue;
    const reason = "only readers of Avro know it";
    report("part-left-out", placeOf(source, value), { what: `'${key}'`, reason, fix: "Nothing." });
  }
}
