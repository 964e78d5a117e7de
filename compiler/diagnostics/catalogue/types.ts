import { error, inCode } from "./entry.ts";

/** Faults of event types. */
export const TYPES = {
  "event-type-missing": error<Record<never, never>>(
    () => "The use case has no event type. The type argument of useCase is the event's schema.",
    () => "Write `useCase<Event>({ … })`, where Event is an interface of the event's fields.",
  ),
  "event-not-object": error<{ found: string; reason: string; fix?: string }>(
    ({ found, reason }) => `The event type is ${inCode(found)}, ${reason}. An event is an object with named fields.`,
    ({ fix }) => fix ?? "Declare an interface with the value as a field of it.",
  ),
  "unsupported-type": error<{ subject: string; found: string; reason: string; fix: string }>(
    ({ subject, found, reason }) => `${subject} is ${inCode(found)}, ${reason}.`,
    ({ fix }) => fix,
  ),
  "unsupported-type-of-package": error<{
    /** As the project names it. */
    type: string | undefined;
    from: string;
    parts: readonly { readonly path: string; readonly found: string; readonly reason: string }[];
    more: number;
    fixes: readonly string[];
    /** What it is, or would be: `Portable` is offered where it is a way out. */
    portable: "written" | "no way out" | "a type" | "a field's type";
  }>(
    ({ type, from, parts, more, portable }) =>
      `${type === undefined ? "A type" : inCode(type)} of ${from} has what can't be sent` +
      `${portable === "no way out" ? `, not even as ${inCode(`Portable<${type}>`)}` : ""}: ${parts.map(({ path, found, reason }) => `${path} is ${inCode(found)}, ${reason}`).join("; ")}` +
      `${more > 0 ? `; and ${more} more like these` : ""}.`,
    ({ type, fixes, portable }) =>
      portable === "written" || portable === "no way out" || type === undefined
        ? `${fixes.join(" ")} Or declare an interface with the fields that are needed, and \`Json\` for these.`
        : `${portable === "a type" ? "Write" : "Declare an interface with a field of it, as"} \`Portable<${type}>\`, with fivefold's Portable: what says nothing of its values is \`Json\` in it, and what ` +
          "can't leave a process is left out. Or declare an interface with the fields that are needed.",
  ),
  "unresolved-type": error<{ subject: string; found: string }>(
    ({ subject, found }) => `${subject} is ${inCode(found)}, which can't be resolved to a type.`,
    () => "Declare or import the type, and check that the module it comes from is installed and found.",
  ),
  "circular-type": error<{ subject: string; name: string; declared: string }>(
    ({ subject, name, declared }) =>
      `${subject} is of the type '${name}', which is declared as itself: ${inCode(declared)}. What it is no value can tell.`,
    ({ name }) =>
      `Take '${name}' out of its own declaration, or put it into an object or a list there, such as \`${name}[]\`.`,
  ),
  "endless-type": error<{ type: string; path: readonly string[]; field: string }>(
    ({ type, path }) =>
      `${type} holds itself by ${path.join(", then ")}, which is always there: a value would have to go on without an end.`,
    ({ field }) => `Let it end: make the field optional (\`${field}?\`), a list, or \`| null\`.`,
  ),
  "nesting-too-deep": error<{ subject: string; limit: number }>(
    ({ subject, limit }) => `${subject} nests deeper than ${limit} levels. Decoders refuse what nests without a bound.`,
    () => "Flatten the type; where it grows with every level, give it a fixed type argument.",
  ),
  "bad-constraint": error<{ type: string; reason: string; fix: string }>(
    ({ type, reason }) => `The rules of ${inCode(type)} can't hold: ${reason}.`,
    ({ fix }) => fix,
  ),
  "duplicate-field-name": error<{ field: string; other: string; name: string; message: string }>(
    ({ field, other, name, message }) =>
      `'${field}' and '${other}' of ${message} are both '${name}' in protobuf, where names differ by more than case.`,
    () => "Rename one of the two fields.",
  ),
  "bad-field-name": error<{ field: string; message: string }>(
    ({ field, message }) =>
      `The field '${field}' of ${message} has neither a letter nor a digit in its name, so it can't be named in protobuf.`,
    () => "Rename the field.",
  ),
};
