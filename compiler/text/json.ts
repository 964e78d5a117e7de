/** A value of a JSON text, and the offsets between which it stands; `end` is exclusive. */
export type Json = JsonObject | JsonArray | JsonScalar;

export interface JsonObject extends Placed {
  readonly kind: "object";
  readonly entries: ReadonlyMap<string, Json>;
}

export interface JsonArray extends Placed {
  readonly kind: "array";
  readonly items: readonly Json[];
}

export interface JsonScalar extends Placed {
  readonly kind: "scalar";
  readonly value: string | number | boolean | null;
}

interface Placed {
  readonly at: number;
  readonly end: number;
}

/** A text is no JSON, or says one thing twice. */
export class JsonFault extends Error {
  override readonly name = "JsonFault";
  readonly at: number;

  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

/** Of the files that fivefold itself writes. */
const DEFAULT_DEPTH = 32;
const SPACE = /[ \t\r\n]*/y;
const STRING = /"[^"\\]*(?:\\.[^"\\]*)*"/sy;
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/**
 * Reads JSON with positions, which JSON.parse does not tell, and refuses an object that has a key twice, of which
 * JSON.parse drops one: that is what a merge of two branches can leave. Throws a JsonFault, also on what nests deeper
 * than `maxDepth` levels.
 */
export function parseJson(text: string, maxDepth = DEFAULT_DEPTH): Json {
  let offset = text.startsWith("\ufeff") ? 1 : 0;

  const fault = (expected: string): JsonFault => {
    const found = offset < text.length ? `'${text[offset]}'` : "the end of the file";
    return new JsonFault(`expected ${expected}, found ${found}`, offset);
  };
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = offset;
    const match = pattern.exec(text)?.[0];
    offset += match?.length ?? 0;
    return match;
  };
  const takeCharacter = (character: string): boolean => {
    take(SPACE);
    if (text[offset] !== character) return false;
    offset++;
    return true;
  };
  /** What stands between `opening`, which was taken, and `closing`. */
  const readItems = (closing: string, readItem: () => void): void => {
    if (takeCharacter(closing)) return;
    do readItem();
    while (takeCharacter(","));
    if (!takeCharacter(closing)) throw fault(`',' or '${closing}'`);
  };

  const read = (depth: number): Json => {
    take(SPACE);
    const at = offset;
    if (depth > maxDepth) throw new JsonFault(`found more than ${maxDepth} levels of nesting`, at);
    if (takeCharacter("{")) {
      const entries = new Map<string, Json>();
      readItems("}", () => {
        take(SPACE);
        const keyAt = offset;
        const literal = take(STRING);
        if (literal === undefined) throw fault("a key in double quotes");
        const key = parseLiteral(literal, keyAt) as string;
        if (entries.has(key)) throw new JsonFault(`found the key ${literal} a second time`, keyAt);
        if (!takeCharacter(":")) throw fault("':'");
        entries.set(key, read(depth + 1));
      });
      return { kind: "object", entries, at, end: offset };
    }
    if (takeCharacter("[")) {
      const items: Json[] = [];
      readItems("]", () => {
        items.push(read(depth + 1));
      });
      return { kind: "array", items, at, end: offset };
    }
    const literal = take(STRING) ?? take(SCALAR);
    if (literal === undefined) throw fault("a value");
    return { kind: "scalar", value: parseLiteral(literal, at), at, end: offset };
  };

  const value = read(0);
  take(SPACE);
  if (offset < text.length) throw fault("the end of the file");
  return value;
}

function parseLiteral(literal: string, at: number): string | number | boolean | null {
  try {
    return JSON.parse(literal) as string | number | boolean | null;
  } catch {
    throw new JsonFault("found a string with a bad escape or a control character", at);
  }
}
