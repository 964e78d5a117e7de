import type { Enum, Field, Message, Type, Union, UseCase } from "../../../compiler/model/model.ts";
import { INT, list, message, messageRef, nullable, record, TEXT } from "../emit/models.ts";
import { read } from "../lock-versions.ts";
import type { Kind } from "./kinds.ts";

/*
 * Versions of an event in which one field is declared in one way after another.
 */

/** An event's versions: all but the last are released, one after the other. */
export interface History {
  readonly label: string;
  readonly versions: readonly Step[];
}

export interface Step {
  readonly useCase: UseCase;
  /** What fields say that they are in records that have none. */
  readonly defaults: Readonly<Record<string, unknown>>;
  /** What fields were called in any version before, by what they are called. */
  readonly formerNames: Readonly<Record<string, readonly string[]>>;
}

export const PRESENCES = ["required", "optional", "nullable", "optional nullable"] as const;
type Presence = (typeof PRESENCES)[number];

/** How a field `f` is declared; `undefined`: there is none. */
export interface Form {
  readonly kind: Kind;
  readonly presence: Presence;
  readonly name?: string;
  readonly was?: readonly string[];
  /** A default's text, and its value. */
  readonly given?: readonly [text: string, value: unknown];
}

function labelOf(form: Form | undefined): string {
  if (!form) return "nothing";
  const { kind, presence, name = "f", was, given } = form;
  return `${name}: ${presence} ${kind.label}${was ? ` (was ${was.join()})` : ""}${given ? ` = ${given[0]}` : ""}`;
}

/** Where the field is. */
type Place = "event" | "message" | "list" | "map" | "recursive";

/** An event with the field between two others, so that what is misread would show. */
function eventOf(form: Form | undefined, place: Place): UseCase {
  const own = form ? [fieldOf(form)] : [];
  const { messages = [], enums = [], unions = [] } = form?.kind ?? {};
  const around = message("Root", { before: TEXT, after: INT }).fields;
  const fields = [around[0]!, ...own, around[1]!];
  const nested: Record<Exclude<Place, "event">, Type> = {
    message: messageRef("Inner"),
    list: list(messageRef("Inner")),
    map: record(messageRef("Inner")),
    recursive: list(messageRef("Inner")),
  };
  if (place === "event") return withUnions([{ ...message("Root", {}), fields }, ...messages], enums, unions);
  const again = place === "recursive" ? message("Inner", { "inner?": messageRef("Inner") }).fields : [];
  const inner: Message = { ...message("Inner", {}), fields: [...fields, ...again] };
  return withUnions([message("Root", { id: TEXT, inner: nested[place] }), inner, ...messages], enums, unions);
}

function fieldOf({ kind, presence, name = "f", was, given }: Form): Field {
  const isNullable = presence.includes("nullable") && kind.type.kind !== "null" && kind.type.kind !== "json";
  const [field] = message("Root", { [name]: isNullable ? nullable(kind.type) : kind.type }).fields;
  return {
    ...field!,
    optional: presence.startsWith("optional"),
    ...(was && { was }),
    ...(given && { defaultText: given[0] }),
  };
}

function withUnions(messages: readonly Message[], enums: readonly Enum[], unions: readonly Union[]): UseCase {
  const useCase = read(messages, enums);
  return {
    ...useCase,
    event: {
      ...useCase.event,
      unions: unions.map((one) => ({ ...one, variants: one.variants.map((v) => ({ ...v, number: 0 })) })),
    },
  };
}

export function history(place: Place, forms: readonly (Form | undefined)[]): History {
  let formerNames: Step["formerNames"] = {};
  const versions = forms.map((form): Step => {
    const { name = "f", was = [], given } = form ?? {};
    const all = [name, ...was].flatMap((known) => [...(formerNames[known] ?? []), ...was]);
    formerNames = { ...formerNames, [name]: all };
    return { useCase: eventOf(form, place), defaults: given ? { [name]: given[1] } : {}, formerNames };
  });
  return { label: `${place}: ${forms.map(labelOf).join(" → ")}`, versions };
}

export const INNER_PLACES: readonly Place[] = ["message", "list", "map", "recursive"];
export const presences = (kind: Kind): Form[] => PRESENCES.map((presence) => ({ kind, presence }));
