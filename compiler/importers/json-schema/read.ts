import type { Json, JsonObject } from "../../text/json.ts";
import { type ImportedEvent, mendByChoosing, type Reading, wholeOf } from "../event.ts";
import type { Declaration, Shape } from "../shape.ts";
import { type NotedUnion, refuseAlike } from "../tell-apart.ts";
import { createDeclarations } from "./declarations.ts";
import { docOf } from "./docs.ts";
import { type Documents, loadDocuments } from "./documents.ts";
import { checkForms } from "./forms.ts";
import { reportKeywords } from "./keywords.ts";
import { readFields } from "./object.ts";
import type { Scope } from "./scope.ts";
import { readSchemas } from "./type.ts";

/** Reads a JSON Schema, with all that it leads to. `undefined`: it is no event, which has been reported. */
export function readJsonSchema(reading: Reading): ImportedEvent | undefined {
  const { report } = reading;
  const documents = loadDocuments(reading);
  const root = documents && chooseRoot(documents, reading);
  if (!root) return undefined;
  const { objects, aliases, nameOf, ...declaring } = createDeclarations(documents);
  const unions: NotedUnion[] = [];
  const budget = createBudget();
  const scope: Scope = {
    reading,
    documents,
    checkPart: createPartCheck({ reading, documents }),
    noteUnion: (union) => unions.push(union),
    ...budget,
    ...declaring,
  };
  const shape = readSchemas([root], {
    scope,
    subject: "The event",
    wish: reading.type ?? reading.fallbackName,
    refuse(at, found, reason, fix) {
      report("not-representable", documents.placeOf(at), { subject: "The event", found, reason, fix });
      return undefined;
    },
    around: [],
  });
  if (!shape) return undefined;
  const interfaces: Declaration[] = [];
  for (const { parts, name } of objects) {
    const fields = readFields(parts, name, scope, readSchemas);
    interfaces.push({ kind: "interface", name, doc: docOf(parts.identity, name), fields });
  }
  const declarations = [...interfaces, ...aliases];
  if (!budget.isSpent()) refuseAlike(unions, declarations, "json");
  const names = new Set(interfaces.map(({ name }) => name));
  if (names.has(shape.text) || aliases.some(({ name }) => name === shape.text)) {
    return { name: shape.text, declarations: firstOf(shape.text, declarations) };
  }
  if (shape.members?.every(({ text }) => names.has(text))) {
    const name = nameOf(reading.type ?? reading.fallbackName);
    return { name, declarations: [{ kind: "alias", name, doc: docOf(root, name), shape }, ...declarations] };
  }
  notAnObject(shape, root, documents, reading);
  return undefined;
}

function createPartCheck(found: Pick<Scope, "reading" | "documents">): Scope["checkPart"] {
  const checked = new Map<JsonObject, boolean>();
  return (part) => {
    const known = checked.get(part);
    if (known !== undefined) return known;
    reportKeywords(part, found);
    const isWell = checkForms(part, found);
    checked.set(part, isWell);
    return isWell;
  };
}

/** Far more than people write: the schemas of all of GitHub's webhooks, read as one event, are 7,000. */
const MAX_TYPES = 15_000;

function createBudget(): Pick<Scope, "takeType"> & { readonly isSpent: () => boolean } {
  let count = 0;
  return {
    takeType: () => (++count <= MAX_TYPES ? "taken" : count === MAX_TYPES + 1 ? "first too many" : "too many"),
    isSpent: () => count > MAX_TYPES,
  };
}

function firstOf(name: string, declarations: readonly Declaration[]): Declaration[] {
  const isFirst = (declaration: Declaration) => declaration.name === name;
  return [...declarations.filter(isFirst), ...declarations.filter((one) => !isFirst(one))];
}

function notAnObject({ text: found }: Shape, root: Json, documents: Documents, { report }: Reading): void {
  report("not-representable", documents.placeOf(root), {
    subject: "The event",
    found,
    reason: "and an event is an object with named properties",
    fix: "Describe an object with the value as a property of it.",
  });
}

/** What a schema has that only holds others. */
const FRAME = /^(\$schema|\$id|id|\$comment|\$defs|definitions|title|description)$/;

/** The schema itself, or the definition that is named. */
function chooseRoot({ root, definitions }: Documents, { type, report, source }: Reading): Json | undefined {
  const isFrame = root.kind === "object" && [...root.entries.keys()].every((key) => FRAME.test(key));
  if (type === undefined && !isFrame) return root;
  const named = type === undefined ? undefined : definitions.get(type);
  if (named) return named;
  const names = [...definitions.keys()];
  const fix = names.length > 0 ? mendByChoosing(names) : "Import a schema that describes the event.";
  const reason = type === undefined ? "the schema itself describes no value" : `there is no definition '${type}'`;
  report("event-not-found", wholeOf(source), { reason, fix });
  return undefined;
}
