/** One thing that is not as it was. */
export interface Change {
  readonly kind: "added" | "removed" | "changed";
  /** What it is about: `OrderPlaced.total`, `subscriber audit`. */
  readonly what: string;
  /** As it was and as it is; empty where it was not or is not. */
  readonly was: string;
  readonly is: string;
  /** What follows for whom, in half a sentence; empty: nothing. */
  readonly effect: string;
}

export function added(what: string, is: string, effect = ""): Change {
  return { kind: "added", what, was: "", is, effect };
}

export function removed(what: string, was: string, effect = ""): Change {
  return { kind: "removed", what, was, is: "", effect };
}

/** Nothing where both are the same. */
export function changed(what: string, was: string, is: string, effect = ""): Change[] {
  return was === is ? [] : [{ kind: "changed", what, was, is, effect }];
}
