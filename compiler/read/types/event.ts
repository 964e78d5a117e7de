import type { ts } from "ts-morph";
import type { Enum, Event, Message, MessageRef } from "../../model/model.ts";
import type { Reading } from "../reading.ts";
import { describeType, type MessageUse, readMessage } from "./message.ts";
import { createNames, namedBy } from "./names.ts";
import { isUnresolved, MAX_DEPTH, readPart, readType } from "./part.ts";
import type { Place, Scope } from "./reader.ts";
import { refuse } from "./refusal.ts";
import { typeText } from "./type-text.ts";

/** Far more than a person's type has: what grows beyond is a generic type that doubles with each level. */
const MAX_MESSAGES = 2_000;

/**
 * The event behind a type argument of `useCase`, with all that it leads to. `undefined`: something in it has no wire
 * form, which has been reported at its own position.
 */
export function readEvent(reading: Reading, node: ts.TypeNode, fallbackName: string): Event | undefined {
  const nameOf = createNames();
  const names = new Map<ts.Type, string>();
  const uses: MessageUse[] = [];
  const enums = new Map<ts.Symbol | ts.Type | number, Enum>();
  let failed = false;

  const scope: Scope = {
    ...reading,
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
    enumeration(type, members, place) {
      const declared = namedBy(type, place.written, reading);
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
  for (const use of uses) messages.push(readMessage(use, scope));
  return failed ? undefined : { name: root.name, version: 0, messages, enums: [...enums.values()] };
}

const TOO_MANY = refuse(
  `and the event has more than ${MAX_MESSAGES} different object types by then`,
  "Where a generic type uses itself with other arguments, give it fixed ones.",
);

function readRoot(node: ts.TypeNode, name: string, scope: Scope): MessageRef | undefined {
  const type = scope.checker.getTypeFromTypeNode(node);
  const subject = "The event";
  const place: Place = { subject, name, node, written: node, outside: undefined, depth: 0, contained: false };
  if (isUnresolved(type)) {
    scope.report("unresolved-type", scope.span(node), { subject, found: typeText(type, place, scope) });
    return undefined;
  }
  const result = readType(type, place, scope);
  if (result === "reported") return undefined;
  if (result.kind === "message") return result;
  const reason = result.kind === "refusal" ? result.reason : "which has no named fields";
  scope.report("event-not-object", scope.span(node), { found: typeText(type, place, scope), reason });
  return undefined;
}
