import type { Json, JsonObject } from "../../text/json.ts";
import type { Reading } from "../event.ts";
import type { Declaration } from "../shape.ts";
import type { NotedUnion } from "../tell-apart.ts";
import type { Documents } from "./documents.ts";
import type { Parts } from "./parts.ts";

/** Where a type stands. */
export interface Use {
  readonly scope: Scope;
  /** What diagnostics call it: `'note' of Order`. */
  readonly subject: string;
  /** What a declaration here is called, where it has no name of its own. */
  readonly wish: string;
  /** Reports that it has no form here. */
  readonly refuse: (at: Json, found: string, reason: string, otherwise: string) => undefined;
  /** What is around it without an object between: the same here again would never end. */
  readonly around: readonly Parts[];
}

export interface Scope {
  readonly reading: Reading;
  readonly documents: Documents;
  /** Whether all that it says can be said; reports what can't, and what is not checked. Looks at each once. */
  readonly checkPart: (part: JsonObject) => boolean;
  /** Counts a type that is read, of which there is a most: alternatives of alternatives multiply. */
  readonly takeType: () => "taken" | "first too many" | "too many";
  /** The name of an object that is read later: the same for the same schema. */
  readonly declareObject: (parts: Parts, use: Use) => string;
  /** Notes a union, which is looked at once all that it leads to is read. */
  readonly noteUnion: (union: NotedUnion) => void;
  /** Declares another name for a type, once; the name. */
  readonly declareAlias: (schema: Json, make: (name: string) => Declaration, use: Use) => string;
}
