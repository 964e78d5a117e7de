import type { Earlier, Lacking } from "../../model/earlier.ts";
import type { Event, Field, Message } from "../../model/model.ts";
import type { Shape, ShapeField } from "../../model/shape.ts";
import { defaultOf } from "./default-value.ts";
import { pairsOf } from "./pairs.ts";
import { canBeNull, canBeZero, lacking, presentType } from "./presence.ts";

/** Released versions of an event, by number, ascending. */
export type Releases = ReadonlyMap<number, Shape>;

/**
 * The event, with what its fields are in records of earlier versions that have nothing of them. That a required field
 * left out its zero then, or wasn't there, is no longer to be seen in a record: its version tells.
 */
export function withEarlier(event: Event, releases: Releases): Event {
  const meanings = new Map<Field, [version: number, Lacking][]>();
  for (const [version, shape] of releases) {
    for (const [was, is] of pairsOf(shape, event).messages) {
      const before = new Map(was.fields.map((field) => [field.number, field]));
      for (const field of (is as Message).fields) {
        const meaning = meaningOf(before.get(field.number), field, event);
        if (!meaning) continue;
        const known = meanings.get(field) ?? [];
        // Of two messages that became one the first counts; whether it is wrong for the other is seen afterwards.
        if (known.at(-1)?.[0] !== version) meanings.set(field, [...known, [version, meaning]]);
      }
    }
  }
  if (meanings.size === 0) return event;
  return { ...event, messages: event.messages.map((message) => withMeanings(message, meanings)) };
}

function withMeanings(message: Message, meanings: ReadonlyMap<Field, readonly [number, Lacking][]>): Message {
  if (!message.fields.some((field) => meanings.has(field))) return message;
  const fields = message.fields.map((field) => {
    const earlier = ranges(meanings.get(field) ?? [], field);
    return earlier.length > 0 ? { ...field, earlier } : field;
  });
  return { ...message, fields };
}

/** What a released version meant by having nothing of a field. `undefined`: nothing, or what can't be told now. */
function meaningOf(was: ShapeField | undefined, field: Field, event: Event): Lacking | undefined {
  const required = !field.optional && field.type.kind !== "null";
  const standIn = required ? defaultOf(field, event) : undefined;
  if (!was || was.optional || canBeNull(was.type)) {
    if (standIn?.kind === "default") return standIn;
    if (was?.optional !== false) return field.optional ? { kind: "absent" } : undefined;
    return canBeNull(field.type) ? { kind: "null" } : undefined;
  }
  return canBeZero(presentType(was.type)) ? { kind: "zero" } : undefined;
}

/** Neighbouring versions of one meaning together, and none that later records have too. */
function ranges(meanings: readonly (readonly [version: number, Lacking])[], field: Field): Earlier[] {
  const all: Earlier[] = [];
  for (const [version, is] of meanings) {
    const last = all.at(-1);
    if (last && JSON.stringify(last.is) === JSON.stringify(is)) all.pop();
    all.push({ before: version + 1, is });
  }
  while (all.at(-1)?.is.kind === lacking(field)) all.pop();
  return all;
}
