import type { Json } from "../../text/json.ts";
import { mendByChoosing, type Reading, wholeOf } from "../event.ts";
import { stringAt } from "../json-source.ts";
import { type AvroDefinition, definitionOf } from "./names.ts";

/** The record that is the event: the one that is named, the schema itself, or the last of several. */
export function chooseRoot(
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
  report("event-not-found", wholeOf(source), { reason, mend: choice });
  return undefined;
}
