import { ts } from "ts-morph";
import type { Enum, Event, Message, MessageRef, Union, UnionRef, Variant } from "../../model/model.ts";
import { rootOf } from "../../model/root.ts";
import { kindOfValue, tellApart } from "../../model/tell-apart.ts";
import type { Reading } from "../reading.ts";
import { MAX_DEPTH } from "./depth.ts";
import { checkEndless } from "./endless.ts";
import { describeType, type MessageUse, readMessage } from "./message.ts";
import { createNames, namedBy } from "./names.ts";
import { reportOutside } from "./outside-faults.ts";
import { isUnresolved, readPart, readType, reportRefusal, reportUnresolved } from "./part.ts";
import type { OutsideFault, Place, Scope } from "./reader.ts";
import { refuse } from "./refusal.ts";
import { typeText } from "./type-text.ts";
import { ALIKE_LISTS, readVariants } from "./unions.ts";

/** Far more than a person's type has: what grows beyond is a generic type that doubles with each level. */
const MAX_MESSAGES = 2_000;

/**
 * Of all unions together. A vocabulary whose every field takes any of a hundred types is no event: to tell each apart, and to
 * write the code for it, takes longer than anybody waits.
 */
const MAX_VARIANTS = 20_000;

/** Of packages' types, of which a few are told: where TypeScript gives up on a type, each further part takes it as long. */
const MAX_FAULTS = 100;

/**
 * The event behind a type argument of `useCase`, with all that it leads to. `undefined`: something in it has no wire
 * form, which has been reported at its own position.
 */
export function readEvent(reading: Reading, node: ts.TypeNode, fallbackName: string): Event | undefined {
  const nameOf = createNames();
  const names = new Map<ts.Type, string>();
  const uses: MessageUse[] = [];
  const enums = new Map<ts.Symbol | ts.Type | number, Enum>();
  const unions = new Map<ts.Symbol | ts.Type | number, UnionUse>();
  const outside: OutsideFault[] = [];
  let failed = false;
  let variantCount = 0;

  const scope: Scope = {
    ...reading,
    refuseOutside: (fault) => {
      failed = true;
      outside.push(fault);
    },
    report: (...fault) => {
      failed = true;
      reading.report(...fault);
    },
    part: (type, place) => readPart(type, place, scope),
    message(type, place) {
      const known = names.get(type);
      if (known) return { kind: "message", name: known };
      if (names.size >= MAX_MESSAGES) return TOO_MANY;
      if (place.depth >= MAX_DEPTH) {
        scope.report("nesting-too-deep", scope.span(place.node), { subject: place.subject, limit: MAX_DEPTH });
        return "reported";
      }
      const name = nameOf(namedBy(type, place.written, reading)?.name, place.name);
      names.set(type, name);
      uses.push({ type, name, place: { ...place, depth: place.depth + 1, contained: false } });
      return { kind: "message", name };
    },
    union(type, place) {
      const declared = namedBy(type, place.written, reading);
      // Without a declaration it is one of its own, as an enum is; but where it is in itself, it is that.
      const known = declared
        ? unions.get(declared.identity)
        : [...unions.values()].find((use) => use.isOpen && use.type === type);
      if (known) return { kind: "union", name: known.name };
      if (place.depth >= MAX_DEPTH) {
        scope.report("nesting-too-deep", scope.span(place.node), { subject: place.subject, limit: MAX_DEPTH });
        return "reported";
      }
      const isFirstTooMany = variantCount <= MAX_VARIANTS;
      variantCount += type.types.length;
      if (variantCount > MAX_VARIANTS) return isFirstTooMany ? TOO_MANY_VARIANTS : "reported";
      const name = nameOf(declared?.name, place.name);
      const use: UnionUse = {
        type,
        name,
        place,
        variants: [],
        isOpen: true,
        ...describeType(declared, undefined, place, scope),
      };
      unions.set(declared?.identity ?? unions.size, use);
      const variants = readVariants(type, name, place, scope);
      use.isOpen = false;
      if (!variants) return "reported";
      if ("kind" in variants) return variants;
      use.variants = variants;
      return { kind: "union", name };
    },
    enumeration(type, members, place) {
      const declared = type && namedBy(type, place.written, reading);
      // Two fields that happen to list the same literals may part ways later, so each keeps an enum of its own.
      const key = declared?.identity ?? enums.size;
      const known = enums.get(key);
      if (known) return { kind: "enum", name: known.name };
      const name = nameOf(declared?.name, place.name);
      enums.set(key, { name, members, ...describeType(declared, type, place, scope) });
      return { kind: "enum", name };
    },
  };

  const root = readRoot(node, fallbackName, scope);
  if (!root) return undefined;
  const messages: Message[] = [];
  // Level by level, so that a type's depth is that of its shortest way from the root, whatever the order of fields.
  // Reading a message adds the ones that it is first to use.
  for (const use of uses) {
    if (variantCount > MAX_VARIANTS || outside.length > MAX_FAULTS) break;
    messages.push(readMessage(use, scope));
  }
  if (failed) {
    reportOutside(outside, scope);
    return undefined;
  }
  const event = {
    name: root.name,
    version: 0,
    messages,
    enums: [...enums.values()],
    unions: [...unions.values()].map(unionOf),
  };
  for (const use of unions.values()) checkDistinct(use, event, scope);
  checkRoot(node, event, scope);
  checkEndless(event, scope.report);
  reportOutside(outside, scope);
  return failed ? undefined : event;
}

/** An event has named fields, whichever of its variants it is. */
function checkRoot(node: ts.TypeNode, event: Event, scope: Scope): void {
  const root = rootOf(event);
  const types = event.unions.find(({ name }) => root.kind === "union" && name === root.name)?.variants ?? [
    { type: root },
  ];
  const isObject = types.every(({ type }) => type.kind === "message" && kindOfValue(type, event) === "object");
  if (isObject) return;
  const reason = root.kind === "union" ? "of which not all are objects" : "which has no named fields";
  scope.report("event-not-object", scope.span(node), { found: node.getText(), reason });
}

/** A union while it is being read, and where it is first used. */
interface UnionUse extends Union {
  readonly type: ts.Type;
  readonly place: Place;
  variants: readonly Variant[];
  /** Whether its variants are being read. */
  isOpen: boolean;
}

function unionOf({ name, doc, span, variants }: UnionUse): Union {
  return { name, doc, span, variants };
}

function checkDistinct(use: UnionUse, event: Event, scope: Scope): void {
  const distinction = tellApart(use, event);
  if (distinction.isDistinct) return;
  if (distinction.alike.some(({ type }) => type.kind === "array")) {
    reportRefusal(ALIKE_LISTS, use.type, use.place, scope);
    return;
  }
  const names = distinction.alike.map(({ name }) => `'${name}'`);
  const alike = `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
  const refusal = refuse(
    `and no field tells ${alike} apart`,
    'Give each a required field with a literal of its own, such as `kind: "…"`, or declare an interface with the fields that ' +
      "are needed.",
  );
  reportRefusal(refusal, use.type, use.place, scope);
}

const TOO_MANY = refuse(
  `and the event has more than ${MAX_MESSAGES} different object types by then`,
  "Where a generic type uses itself with other arguments, give it fixed ones.",
);

const TOO_MANY_VARIANTS = refuse(
  `and the unions of the event have more than ${MAX_VARIANTS} members in all by then`,
  "Leave out what the event has no need of, or take fields that may be so many things as `Json`.",
);

function readRoot(node: ts.TypeNode, name: string, scope: Scope): MessageRef | UnionRef | undefined {
  const type = scope.checker.getTypeFromTypeNode(node);
  const subject = "The event";
  const path = namedBy(type, node, scope)?.name ?? "event";
  const place: Place = { subject, path, name, node, written: node, outside: undefined, depth: 0, contained: false };
  const given = ts.isTypeReferenceNode(node) ? (node.typeArguments ?? []) : [];
  if ([type, ...given.map((one) => scope.checker.getTypeFromTypeNode(one))].some(isUnresolved)) {
    reportUnresolved(place, typeText(type, place, scope), scope);
    return undefined;
  }
  const result = readType(type, place, scope);
  if (result === "reported") return undefined;
  if (result.kind === "message" || result.kind === "union") return result;
  const refusal = result.kind === "refusal" ? result : undefined;
  const reason = refusal?.reason ?? "which has no named fields";
  const isMixed = refusal !== undefined && scope.checker.getPropertiesOfType(type).length > 0;
  const text = typeText(type, place, scope);
  const portable = text.startsWith("Portable<") ? text : `Portable<${text}>`;
  const isRecord = isMixed && scope.checker.getIndexInfosOfType(type).length > 0;
  // What has no form on the wire has none as a field either.
  const plain = refusal && { mend: "Declare an interface with the fields that are needed." };
  const mend = isRecord ? { mend: `Declare an interface with a field of it, as \`${portable}\`.` } : plain;
  scope.report("event-not-object", scope.span(node), { found: text, reason, ...mend });
  return undefined;
}
