import type { Json, JsonObject } from "../../text/json.ts";
import { stringAt } from "../json-source.ts";
import type { Declaration } from "../shape.ts";
import { createTypeNames } from "../type-names.ts";
import type { Documents } from "./documents.ts";
import { isAbout, type Parts } from "./parts.ts";
import type { Scope, Use } from "./scope.ts";

export interface Declarations extends Pick<Scope, "declareObject" | "declareAlias"> {
  /** Objects in the order of their first use; reading one may add others. */
  readonly objects: readonly { readonly parts: Parts; readonly name: string }[];
  readonly aliases: readonly Declaration[];
  /** A name for something that has none. */
  readonly nameOf: (...wishes: readonly string[]) => string;
}

/** Titles that are sentences make no names. */
const MAX_TITLE = 30;

export function createDeclarations(documents: Documents): Declarations {
  const nameOf = createTypeNames();
  const objects: { readonly parts: Parts; readonly name: string }[] = [];
  const aliases: Declaration[] = [];
  const names = new Map<string, string>();
  const aliasNames = new Map<Json, string>();
  const numbers = new Map<Json, number>();

  /** The same for schemas that say the same by being made of the same. */
  const keyOf = (parts: readonly JsonObject[]): string => {
    const telling = parts.filter((part) => !isAbout(part));
    for (const part of telling) if (!numbers.has(part)) numbers.set(part, numbers.size);
    return telling
      .map((part) => numbers.get(part)!)
      .sort((a, b) => a - b)
      .join();
  };
  const wishesOf = (schema: Json, { wish }: Use): string[] => {
    const key = documents.keyOf(schema);
    const title = schema.kind === "object" ? stringAt(schema, "title") : undefined;
    const isName = title !== undefined && title.length <= MAX_TITLE && /[a-z]/i.test(title);
    return [...(key !== undefined ? [key] : isName ? [title] : []), wish];
  };

  return {
    objects,
    aliases,
    nameOf,
    declareObject(parts, use) {
      const key = keyOf(parts.all);
      const known = names.get(key);
      if (known !== undefined) return known;
      const name = nameOf(...wishesOf(parts.identity, use));
      names.set(key, name);
      objects.push({ parts, name });
      return name;
    },
    declareAlias(schema, make, use) {
      const known = aliasNames.get(schema);
      if (known !== undefined) return known;
      const name = nameOf(...wishesOf(schema, use));
      aliasNames.set(schema, name);
      aliases.push(make(name));
      return name;
    },
  };
}
