import type { DefaultValue, Earlier, Lacking } from "../model/earlier.ts";
import type { Event, Field, Message } from "../model/model.ts";
import type { Shape, ShapeField } from "../model/shape.ts";
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
  const meanings = new Map<Field, Meaning[]>();
  for (const [version, shape] of releases) {
    for (const [was, is] of pairsOf(shape, event).messages) {
      const before = new Map(was.fields.map((field) => [field.number, field]));
      for (const field of (is as Message).fields) {
        const old = before.get(field.number);
        const is = meaningOf(old, field, event);
        if (!is) continue;
        const known = meanings.get(field) ?? [];
        // Of two messages that became one the first counts; whether it is wrong for the other is seen afterwards.
        if (known.at(-1)?.version !== version) meanings.set(field, [...known, { version, is, isNew: !old }]);
      }
    }
  }
  if (meanings.size === 0) return event;
  return { ...event, messages: event.messages.map((message) => withMeanings(message, meanings)) };
}

/** What a released version means by having nothing of a field. */
interface Meaning {
  readonly version: number;
  readonly is: Lacking;
  /** Whether the version has no such field. */
  readonly isNew: boolean;
}

function withMeanings(message: Message, meanings: ReadonlyMap<Field, readonly Meaning[]>): Message {
  if (!message.fields.some((field) => meanings.has(field))) return message;
  const fields = message.fields.map((field) => {
    const known = meanings.get(field);
    if (!known) return field;
    const earlier = ranges(known, field);
    const standIn = standInOf(known);
    return { ...field, ...(earlier.length > 0 && { earlier }), ...(standIn !== undefined && { standIn }) };
  });
  return { ...message, fields };
}

/** What the field is in records that have none of it, where there may be such. */
function standInOf(meanings: readonly Meaning[]): DefaultValue | undefined {
  for (const { is } of meanings) if (is.kind === "default") return is.value;
  return meanings.some(({ is, isNew }) => isNew && is.kind === "null") ? null : undefined;
}

/** What a released version meant by having nothing of a field. `undefined`: nothing, or what can't be told now. */
function meaningOf(was: ShapeField | undefined, field: Field, event: Event): Lacking | undefined {
  const required = !field.optional && field.type.kind !== "null";
  const standIn = required ? defaultOf(field, event) : undefined;
  // That a null was written is no lack of a value while there may be one.
  if (was && !was.optional && canBeNull(was.type) && canBeNull(field.type)) return { kind: "null" };
  if (!was || was.optional || canBeNull(was.type)) {
    if (standIn?.kind === "default") return standIn;
    if (field.optional) return was?.optional === false ? undefined : { kind: "absent" };
    return !was && canBeNull(field.type) ? { kind: "null" } : undefined;
  }
  return canBeZero(presentType(was.type)) ? { kind: "zero" } : undefined;
}

/** Neighbouring versions of one meaning together, and none that later records have too. */
function ranges(meanings: readonly Meaning[], field: Field): Earlier[] {
  const all: Earlier[] = [];
  for (const { version, is } of meanings) {
    const last = all.at(-1);
    if (last && JSON.stringify(last.is) === JSON.stringify(is)) all.pop();
    all.push({ before: version + 1, is });
  }
  while (all.at(-1)?.is.kind === lacking(field)) all.pop();
  return all;
}
