import { ts } from "ts-morph";
import type { Event, Type } from "../../model/model.ts";
import { rootOf } from "../../model/root.ts";
import type { Reading } from "../reading.ts";
import { rootPath } from "./names.ts";
import { reportOutside, tryPortable } from "./outside-faults.ts";
import { isUnresolved, reportUnresolved } from "./part.ts";
import { portableArgument } from "./portable.ts";
import type { Place } from "./reader.ts";
import type { Refusal } from "./refusal.ts";
import { typeText } from "./type-text.ts";
import { isObject, readWhole } from "./whole.ts";

/**
 * The event behind a type argument of `useCase`, with all that it leads to. `undefined`: something in it has no wire
 * form, which has been reported at its own position.
 */
export function readEvent(reading: Reading, node: ts.TypeNode, fallbackName: string): Event | undefined {
  const { checker } = reading;
  // Of a `Portable` only what it is made of is asked for.
  const argument = portableArgument(node, reading);
  const written = argument ?? node;
  const type = checker.getTypeFromTypeNode(written);
  const place: Place = {
    subject: "The event",
    path: rootPath(type, written, reading),
    name: fallbackName,
    node,
    written,
    outside: undefined,
    depth: 0,
    portable: argument !== undefined,
    contained: false,
  };
  const given = ts.isTypeReferenceNode(written) ? (written.typeArguments ?? []) : [];
  if ([type, ...given.map((one) => checker.getTypeFromTypeNode(one))].some(isUnresolved)) {
    reportUnresolved(place, typeText(type, place, reading), reading);
    return undefined;
  }
  const { root, event, faults } = readWhole(type, place, reading, isNamed);
  if (root !== "reported" && !isNamed(root)) {
    reportNoObject(root, type, place, reading);
    return undefined;
  }
  reportOutside(faults, reading);
  return event && faults.length === 0 && checkRoot(node, event, reading) ? event : undefined;
}

function isNamed({ kind }: Type | Refusal): boolean {
  return kind === "message" || kind === "union";
}

/** An event has named fields, whichever of its variants it is. */
function checkRoot(node: ts.TypeNode, event: Event, reading: Reading): boolean {
  if (isObject(event)) return true;
  const reason = rootOf(event).kind === "union" ? "of which not all are objects" : "which has no named fields";
  reading.report("event-not-object", reading.span(node), { found: node.getText(), reason });
  return false;
}

function reportNoObject(root: Type | Refusal, type: ts.Type, place: Place, reading: Reading): void {
  const refusal = root.kind === "refusal" ? root : undefined;
  const reason = refusal?.reason ?? "which has no named fields";
  const isMixed = refusal !== undefined && reading.checker.getPropertiesOfType(type).length > 0;
  const text = typeText(type, place, reading);
  const isRecord = isMixed && reading.checker.getIndexInfosOfType(type).length > 0;
  // What has no form on the wire has none as a field either.
  const plain = refusal && { fix: plainMend(place, reading) };
  const fix = isRecord ? { fix: `Declare an interface with a field of it, as \`Portable<${text}>\`.` } : plain;
  reading.report("event-not-object", reading.span(place.node), { found: text, reason, ...fix });
}

/** `Portable` is offered where it is an event. */
function plainMend({ node, portable, depth }: Place, reading: Reading): string {
  const fields = "an interface with the fields that are needed";
  const offer = !portable && ts.isTypeNode(node) ? tryPortable(node, { depth, outside: node }, reading) : undefined;
  return offer?.as === "a type" && offer.parts.length === 0
    ? `Write \`Portable<${node.getText()}>\`, with fivefold's Portable, which is its data alone, or declare ${fields}.`
    : `Declare ${fields}.`;
}
