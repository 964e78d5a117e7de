/*
 * What fields are in records and JSON of released versions, which an event alone doesn't tell.
 */

/** What a field is where records have nothing of it that are of a version below `before`, and of no earlier entry's. */
export interface Earlier {
  readonly before: number;
  readonly is: Lacking;
}

/** How JSON of released versions has a field. JSON has no version, so that what is read has to hold for all of them. */
export interface EarlierJson {
  /** Names that it had and that no field has now. */
  readonly names: readonly string[];
  /** What it is where it is not there. Absent: that is nothing, or a fault. */
  readonly lacking?: DefaultValue;
  /** Whether it is that too where it is null, which it can't be now. */
  readonly wasNullable?: true;
}

/** What it means that a record has nothing of a field; `zero` is empty for lists and records. */
export type Lacking =
  | { readonly kind: "absent" | "null" | "zero" }
  | { readonly kind: "default"; readonly value: DefaultValue };

/** A bigint is in digits, a timestamp in ISO 8601; what is empty is an empty list, whatever its type. */
export type DefaultValue = string | number | boolean | null | readonly never[];
