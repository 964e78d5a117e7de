import { upperCamel } from "../../model/naming.ts";
import type { Json, JsonObject } from "../../text/json.ts";
import { booleanAt, plainOf, stringAt } from "../json-source.ts";

/** Longer examples explain less than they take. */
const MAX_EXAMPLE = 100;

/** What a schema says for people, as a comment of a declaration of that name or of none. */
export function docOf(schema: Json, name = ""): string {
  if (schema.kind !== "object") return "";
  const notes = [
    ...note("Default", schema.entries.get("default")),
    ...examplesOf(schema).flatMap((example) => note("Example", example)),
    ...(booleanAt(schema, "readOnly") ? ["Read only."] : []),
    ...(booleanAt(schema, "writeOnly") ? ["Write only."] : []),
    ...(booleanAt(schema, "deprecated") ? ["@deprecated"] : []),
  ];
  const text = [titleOf(schema, name), stringAt(schema, "description") ?? ""].filter((part) => part !== "");
  return [...text, notes.join("\n")].filter((part) => part !== "").join("\n\n");
}

/** The title, where neither the name says the same nor the description begins with it. */
function titleOf(schema: JsonObject, name: string): string {
  const title = stringAt(schema, "title") ?? "";
  const isSaid = upperCamel(title) === name || (stringAt(schema, "description") ?? "").startsWith(title);
  return isSaid ? "" : title;
}

function examplesOf({ entries }: JsonObject): Json[] {
  const [examples, example] = [entries.get("examples"), entries.get("example")];
  return [...(examples?.kind === "array" ? examples.items.slice(0, 3) : []), ...(example ? [example] : [])];
}

function note(name: string, value: Json | undefined): string[] {
  const text = value && JSON.stringify(plainOf(value));
  return text === undefined || text.length > MAX_EXAMPLE ? [] : [`${name}: ${text}.`];
}
