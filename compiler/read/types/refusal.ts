/** Why a type can't be part of an event. */
export interface Refusal {
  readonly kind: "refusal";
  /** Completes "'when' is `Map<string, string>`, …". */
  readonly reason: string;
  /** A whole sentence. */
  readonly fix: string;
}

export function refuse(reason: string, fix: string): Refusal {
  return { kind: "refusal", reason, fix };
}
