import type { Json } from "../../text/json.ts";
import type { Reading } from "../event.ts";
import { parseOrReport, placeOf, stringAt } from "../json-source.ts";
import type { Place, Source } from "../report.ts";

/** The schemas of a file and of those that it refers to. */
export interface Documents {
  readonly root: Json;
  /** The schema that a `$ref` at that place names. `undefined`: there is none. */
  resolve(ref: string, at: Json): Json | undefined;
  /** What a schema is called where it is declared; `undefined`: nothing. */
  keyOf(schema: Json): string | undefined;
  /** The schemas below `definitions` and `$defs` of the file itself. */
  readonly definitions: ReadonlyMap<string, Json>;
  placeOf(json: Json): Place;
}

/** Where a value stands: its file, and the URI that references inside are relative to. */
interface Origin {
  readonly source: Source;
  readonly base: string;
}

/** `undefined`: the file is no JSON, which has been reported. */
export function loadDocuments({ source, report, readImport }: Reading): Documents | undefined {
  const origins = new Map<Json, Origin>();
  const byUri = new Map<string, Json>();
  const keys = new Map<Json, string>();

  /** Notes what a file holds. Whatever has `$id` starts a base of its own. */
  const index = (json: Json, { source, base }: Origin, key?: string): void => {
    const id = json.kind === "object" ? (stringAt(json, "$id") ?? stringAt(json, "id")) : undefined;
    const own = id === undefined ? undefined : uriOf(id, base);
    const inside = { source, base: own?.replace(/#.*$/, "") ?? base };
    if (own !== undefined) byUri.set(own.replace(/#$/, ""), json);
    origins.set(json, inside);
    if (key !== undefined) keys.set(json, key);
    if (json.kind === "array") for (const item of json.items) index(item, inside);
    if (json.kind !== "object") return;
    const anchor = stringAt(json, "$anchor") ?? stringAt(json, "$dynamicAnchor");
    if (anchor !== undefined) byUri.set(`${inside.base}#${anchor}`, json);
    for (const [name, value] of json.entries) {
      const isDefinitions = (name === "definitions" || name === "$defs") && value.kind === "object";
      index(value, inside);
      if (isDefinitions) for (const [key, definition] of value.entries) keys.set(definition, key);
    }
  };

  const open = (source: Source, uri: string): Json | undefined => {
    const json = parseOrReport(source, "JSON Schema", report);
    if (!json) return undefined;
    byUri.set(uri, json);
    index(json, { source, base: uri });
    return json;
  };

  const root = open(source, uriOf(source.file.replaceAll("\\", "/"), "file:///"));
  if (!root) return undefined;
  const originOf = (json: Json): Origin => origins.get(json) ?? { source, base: "file:///" };
  return {
    root,
    resolve(ref, at) {
      const [file = "", fragment = ""] = ref.split("#");
      const { base } = originOf(at);
      const uri = uriOf(file, base);
      let document = file === "" ? byUri.get(base) : byUri.get(uri);
      if (!document && file !== "" && !/^[a-z][a-z0-9+.-]+:/i.test(file)) {
        const imported = readImport(file);
        document = imported && open(imported, uri);
      }
      if (fragment === "") return document;
      return fragment.startsWith("/") ? document && pointed(document, fragment) : byUri.get(`${uri}#${fragment}`);
    },
    keyOf: (schema) => keys.get(schema),
    definitions: definitionsOf(root),
    placeOf: (json) => placeOf(originOf(json).source, json),
  };
}

function definitionsOf(root: Json): Map<string, Json> {
  if (root.kind !== "object") return new Map();
  const all = ["definitions", "$defs"].flatMap((key) => {
    const found = root.entries.get(key);
    return found?.kind === "object" ? [...found.entries] : [];
  });
  return new Map(all);
}

function uriOf(reference: string, base: string): string {
  return URL.parse(reference, base)?.href ?? reference;
}

/** What a JSON pointer leads to. */
function pointed(document: Json, pointer: string): Json | undefined {
  let at: Json | undefined = document;
  for (const segment of pointer.split("/").slice(1)) {
    const key = unescaped(segment);
    if (at?.kind === "object") at = at.entries.get(key);
    else if (at?.kind === "array") at = /^\d+$/.test(key) ? at.items[Number(key)] : undefined;
    else return undefined;
  }
  return at;
}

function unescaped(segment: string): string {
  const plain = segment.replaceAll("~1", "/").replaceAll("~0", "~");
  try {
    return decodeURIComponent(plain);
  } catch {
    return plain;
  }
}
