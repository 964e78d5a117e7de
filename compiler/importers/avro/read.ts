import type { Json, JsonObject } from "../../text/json.ts";
import { type ImportedEvent, mendByChoosing, type Reading, wholeOf } from "../event.ts";
import { parseOrReport, placeOf, stringAt } from "../json-source.ts";
import type { Declaration } from "../shape.ts";
import { type NotedUnion, refuseAlike } from "../tell-apart.ts";
import { createTypeNames } from "../type-names.ts";
import { readDefinition } from "./definition.ts";
import { type AvroDefinition, definitionOf, qualified } from "./names.ts";

/** Reads a record of an `.avsc` file, with all that it leads to. `undefined`: there is none, which has been reported. */
export function readAvro(reading: Reading): ImportedEvent | undefined {
  const json = parseOrReport(reading.source, "Avro schema", reading.report);
  if (!json) return undefined;
  const definitions = uniqueDefinitions(definitionsIn(json, ""), reading);
  const root = chooseRoot(json, definitions, reading);
  if (!root) return undefined;

  const nameOf = createTypeNames();
  const names = new Map<AvroDefinition, string>();
  const queue: AvroDefinition[] = [];
  const declare = (definition: AvroDefinition): string => {
    const known = names.get(definition);
    if (known !== undefined) return known;
    const [name = "", namespace = ""] = definition.fullName.split(".").reverse();
    const made = nameOf(name, `${namespace}-${name}`);
    names.set(definition, made);
    queue.push(definition);
    return made;
  };
  const unions: NotedUnion[] = [];
  const name = declare(root);
  const declarations: Declaration[] = [];
  for (const definition of queue) {
    const scope = {
      reading,
      owner: names.get(definition)!,
      namespace: definition.namespace,
      declare,
      noteUnion: (union: NotedUnion) => unions.push(union),
      // A name that is in no namespace may be used in one.
      resolve: (name: string) => definitions.get(qualified(name, definition.namespace)) ?? definitions.get(name),
      definitionAt: (json: JsonObject) => definitions.get(definitionOf(json, definition.namespace)?.fullName ?? ""),
    };
    declarations.push(...readDefinition(definition, scope));
  }
  refuseAlike(unions, declarations, "typescript");
  return { name, declarations };
}

/** By full name. Of two with one name nobody can tell which one is meant, so the second is reported. */
function uniqueDefinitions(all: readonly AvroDefinition[], { report, source }: Reading): Map<string, AvroDefinition> {
  const definitions = new Map<string, AvroDefinition>();
  for (const definition of all) {
    const { json, fullName } = definition;
    if (definitions.has(fullName)) {
      const reason = `${fullName} is defined a second time`;
      const fix = "Define it where it stands first, and name it from there on.";
      report("bad-source", placeOf(source, json), { format: "Avro schema", reason, fix });
    } else definitions.set(fullName, definition);
  }
  return definitions;
}

/** All definitions of a schema, in the order in which they stand. */
function definitionsIn(json: Json, namespace: string): AvroDefinition[] {
  if (json.kind === "array") return json.items.flatMap((item) => definitionsIn(item, namespace));
  if (json.kind !== "object") return [];
  const definition = definitionOf(json, namespace);
  const inside = definition?.namespace ?? namespace;
  const parts = ["type", "fields", "items", "values"].flatMap((key) => {
    const part = json.entries.get(key);
    return part ? definitionsIn(part, inside) : [];
  });
  return definition ? [definition, ...parts] : parts;
}

/** The record that is the event: the one that is named, the schema itself, or the last of several. */
function chooseRoot(
  json: Json,
  definitions: ReadonlyMap<string, AvroDefinition>,
  { type, report, source }: Reading,
): AvroDefinition | undefined {
  const records = [...definitions.values()].filter(({ json }) => /^(record|error)$/.test(stringAt(json, "type") ?? ""));
  const own = json.kind === "object" ? definitions.get(definitionOf(json, "")?.fullName ?? "") : undefined;
  const named = records.filter(({ fullName }) => type !== undefined && `.${fullName}`.endsWith(`.${type}`));
  const candidates = type === undefined ? (own ? [own] : records) : named;
  const [only] = candidates;
  if (only && candidates.length === 1 && records.includes(only)) return only;

  const names = (candidates.length > 1 ? candidates : records).map(({ fullName }) => fullName);
  const choice = names.length > 0 ? mendByChoosing(names) : "Import a file with a record.";
  const reason =
    records.length === 0
      ? "the schema has no record"
      : only && candidates.length === 1
        ? `the schema is the ${stringAt(only.json, "type")} ${only.fullName}, and an event is a record`
        : candidates.length > 1
          ? `${candidates.length} records could be it`
          : `there is no record '${type}'`;
  report("event-not-found", wholeOf(source), { reason, fix: choice });
  return undefined;
}
