import type { DefaultValue, Lacking } from "../model/earlier.ts";
import type { Type } from "../model/model.ts";

/** A way in which records of one shape come out wrong where code of another one reads them. */
export type Misreading = Place &
  (
    | { readonly kind: "added"; readonly reads: Reads }
    /** What stood for nothing, or for a zero, is taken for something else. */
    | { readonly kind: "absence"; readonly was: "absent" | "null" | "zero"; readonly reads: Reads }
    /** A value that kept a rule is outside of it. */
    | { readonly kind: "rule"; readonly rule: string; readonly was: string; readonly is: string }
    /** An enum's member or a union's variant that records hold and the reader doesn't know. */
    | { readonly kind: "unknown"; readonly what: "member" | "variant"; readonly name: string }
    /** Something else is on the wire. */
    | { readonly kind: "type"; readonly was: Type; readonly is: Type }
    /** One name for two things, and JSON has only names; `number` is that of the one that records mean. */
    | { readonly kind: "name"; readonly what: "field" | "value"; readonly name: string; readonly number: number }
    /** The same on the wire, and something else in JSON. */
    | { readonly kind: "json"; readonly was: string; readonly is: string }
  );

/** A field that is something else, where records of still earlier versions have none of it, than the old version says. */
export interface DefaultChange extends Place {
  readonly kind: "default";
  readonly was: DefaultValue;
  readonly is: DefaultValue;
}

/** What a field is read as where a record has nothing of it; `fault`: decoding fails. */
export type Reads = Lacking["kind"] | "fault";

/** As the reader names it. */
export interface Place {
  /** A message, a union or an enum. */
  readonly owner: string;
  /** A field or variant of it; empty: the owner itself. */
  readonly part: string;
}
