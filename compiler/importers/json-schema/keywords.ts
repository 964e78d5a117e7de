import type { JsonObject } from "../../text/json.ts";
import type { Scope } from "./scope.ts";

/** What the types say by themselves, or comments do. */
const KNOWN = new Set(
  (
    "$ref $id id $schema $anchor $dynamicAnchor $comment $defs definitions type enum const nullable allOf anyOf oneOf " +
    "properties required additionalProperties unevaluatedProperties patternProperties items additionalItems " +
    "prefixItems minItems maxItems unevaluatedItems minLength maxLength pattern format contentEncoding minimum maximum " +
    "exclusiveMinimum exclusiveMaximum multipleOf title description default examples example deprecated readOnly " +
    "writeOnly"
  ).split(" "),
);

/** What says nothing of values. */
const SILENT = /^(x-|\$vocabulary$|contentMediaType$|externalDocs$|xml$|discriminator$|markdownDescription$|ts[A-Z])/;

const IN_HANDLER = "Check it in the handler.";

/** Reports the keywords of a schema that nothing here stands for. */
export function reportKeywords(schema: JsonObject, { documents, reading }: Pick<Scope, "documents" | "reading">): void {
  for (const [keyword, value] of schema.entries) {
    if (KNOWN.has(keyword) || SILENT.test(keyword)) continue;
    const rule = `The keyword '${keyword}'`;
    const reason = "no type has such a rule";
    reading.report("rule-dropped", documents.placeOf(value), { rule, reason, fix: IN_HANDLER });
  }
}

/** Reports a keyword whose rule the type can't have. */
export function reportDropped(
  schema: JsonObject,
  keyword: string,
  reason: string,
  { documents, reading, fix = IN_HANDLER }: Pick<Scope, "documents" | "reading"> & { readonly fix?: string },
): void {
  const value = schema.entries.get(keyword);
  if (!value) return;
  reading.report("rule-dropped", documents.placeOf(value), { rule: `The keyword '${keyword}'`, reason, fix });
}
