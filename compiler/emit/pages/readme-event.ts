import type { Enum, Event, Field, Message, Type, Union } from "../../model/model.ts";
import { isRest } from "../../model/tuples.ts";
import { ruleSentence } from "../rules.ts";
import { elementName } from "../tuples.ts";
import { code, createAnchors, lineOfProse, prose, tableHead, tableRow } from "./markdown.ts";

/** Unions of more literals have a section of their own. */
const FEW_MEMBERS = 8;

interface Sections {
  readonly event: Event;
  readonly anchors: ReadonlyMap<string, string>;
}

/**
 * The event's types, the root first: a section each, of which one can link to others. `before` are the page's headings
 * above, and `said` what needs not be said of the root again.
 */
export function eventSections(event: Event, before: readonly string[], said: string): string[] {
  const { messages, unions, enums, name: root } = event;
  const listed = enums.filter(({ members }) => members.length > FEW_MEMBERS);
  const sections = [...messages, ...unions, ...listed].sort(
    (a, b) => Number(b.name === root) - Number(a.name === root),
  );
  const anchor = createAnchors();
  for (const heading of before) anchor(heading);
  const anchors = new Map(sections.map(({ name }) => [name, anchor(name)]));
  return sections.flatMap((section) => ["", `### ${section.name}`, ...sectionOf(section, said, { event, anchors })]);
}

function sectionOf(section: Message | Union | Enum, said: string, sections: Sections): string[] {
  const text = prose(section.doc);
  const doc = text === "" || text === said ? [] : ["", text];
  if ("fields" in section) {
    return [
      ...doc,
      "",
      ...(section.tuple ? ["A list of these, in this order.", ""] : []),
      ...fieldTable(section, sections),
    ];
  }
  if ("variants" in section) {
    return [...doc, "", "One of:", "", ...section.variants.map(({ type }) => `- ${typeText(type, sections)}`)];
  }
  return [...doc, "", `One of ${section.members.map(({ value }) => literalText(value)).join(", ")}.`];
}

function fieldTable(message: Message, sections: Sections): string[] {
  const { fields, removed = [], tuple } = message;
  const gone = removed.length > 0 ? ["", `Removed: ${removed.map(({ name }) => code(name)).join(", ")}.`] : [];
  if (fields.length === 0) return ["It has none.", ...gone];
  const rows = fields.map((field) => {
    const name = tuple ? elementName(message, field) : field.name;
    const isMore = isRest(message, field);
    const title = `${isMore ? "..." : ""}${name}${field.optional ? "?" : ""}`;
    return tableRow([code(title), typeText(field.type, sections), notes(field)]);
  });
  return [...(tuple ? ITEMS_HEAD : FIELDS_HEAD), ...rows, ...gone];
}

const FIELDS_HEAD = tableHead(["Field", "Type", ""]);
const ITEMS_HEAD = tableHead(["Item", "Type", ""]);

function notes({ doc, type }: Field): string {
  const rule = ruleSentence(type);
  return lineOfProse(doc === "" || rule === "" ? doc || rule : `${doc}\n${rule}`);
}

function typeText(type: Type, sections: Sections): string {
  switch (type.kind) {
    case "text":
      return "string";
    case "int":
      return "integer";
    case "float":
      return "number";
    case "bigint":
      return "bigint";
    case "boolean":
      return type.only === undefined ? "boolean" : literalText(type.only);
    case "timestamp":
      return "date and time";
    case "bytes":
      return "bytes";
    case "null":
      return "null";
    case "json":
      return "any JSON";
    case "array":
      return `list of ${typeText(type.items, sections)}`;
    case "record":
      return `map${type.keys ? " of integers" : ""} to ${typeText(type.values, sections)}`;
    case "nullable":
      return `${typeText(type.of, sections)}, or null`;
    case "enum":
    case "message":
    case "union": {
      const anchor = sections.anchors.get(type.name);
      if (anchor !== undefined) return `[${type.name}](${anchor})`;
      const { members } = sections.event.enums.find(({ name }) => name === type.name)!;
      return members.map(({ value }) => literalText(value)).join(" or ");
    }
  }
}

function literalText(value: string | number | boolean): string {
  return code(JSON.stringify(value));
}
