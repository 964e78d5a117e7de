/** A value of the stack's config that can't be used. A class: no object that a config holds can be taken for it. */
export class BadValue {
  /** Where in the value: `.greet.partitions`; empty: all of it. */
  readonly at: string;
  /** Completes the sentence that the place begins. */
  readonly problem: string;

  constructor(problem: string, at = "") {
    this.problem = problem;
    this.at = at;
  }
}

/** Reads one value, as Pulumi parsed it: a string, or what a key with a path or JSON holds. */
export type Reader<T> = (value: unknown) => T | BadValue;

export function isBad<T>(value: T | BadValue): value is BadValue {
  return value instanceof BadValue;
}

const SHOWN = 120;

/** What was expected, and what was found, cut where it is long. `fix`: one more sentence, without its full stop. */
export function bad(expected: string, found: unknown, fix?: string): BadValue {
  const text = JSON.stringify(found) ?? String(found);
  const shown = text.length > SHOWN ? `${text.slice(0, SHOWN)}… (${text.length} characters)` : text;
  return new BadValue(`must be ${expected}, found ${shown}${fix === undefined ? "" : `. ${fix}`}`);
}

function within(place: string, { at, problem }: BadValue): BadValue {
  return new BadValue(problem, place + at);
}

/** A role of Pulsar's: any text that it takes as it is, and that a path of its admin API can hold. */
export const role: Reader<string> = (value) => {
  const isPlain = typeof value === "string" && value !== "" && value.trim() === value && isWellFormed(value);
  return isPlain && !/\p{Cc}|^\.{1,2}$/u.test(value)
    ? value
    : bad("a role: a text that is not empty, in one line and without blanks around it", value);
};

/** Whether UTF-8 can hold it: half of a surrogate pair it can't. */
export function isWellFormed(value: string): boolean {
  return !/[\uD800-\uDFFF]/u.test(value);
}

export function matching(pattern: RegExp, expected: string, maxLength = Number.POSITIVE_INFINITY): Reader<string> {
  return (value) => {
    const fits = typeof value === "string" && value.length <= maxLength && pattern.test(value);
    return fits ? value : bad(expected, value);
  };
}

/** `pulumi config set` writes numbers and booleans as texts, unless a path is given. */
export const flag: Reader<boolean> = (value) => {
  if (value === true || value === "true") return true;
  return value === false || value === "false" ? false : bad("true or false", value);
};

export function whole(min: number, max: number): Reader<number> {
  return (value) => {
    const number = typeof value === "string" && /^-?\d+$/.test(value) ? Number(value) : value;
    const fits = typeof number === "number" && Number.isInteger(number) && number >= min && number <= max;
    return fits ? number : bad(`a whole number from ${min} to ${max}`, value);
  };
}

const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** In ms. `maxMs`: what whoever stores it has room for. */
export function duration(maxMs: number): Reader<number> {
  return (value) => {
    const match = typeof value === "string" ? /^(\d+)(s|m|h|d)$/.exec(value) : null;
    if (!match) return bad('a number and a unit (s, m, h, d), like "30d"', value);
    const ms = Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS];
    return ms <= maxMs ? ms : bad(`no longer than ${durationText(maxMs)}`, value);
  };
}

/** `30d`, in the largest unit that divides it. */
export function durationText(ms: number): string {
  const units = Object.entries(UNIT_MS).toReversed();
  const [unit, unitMs] = units.find(([, unitMs]) => ms % unitMs === 0) ?? ["ms", 1];
  return `${ms / unitMs}${unit}`;
}

export function listOf<T>(item: Reader<T>): Reader<readonly T[]> {
  return (value) => {
    if (!Array.isArray(value)) return bad("a list", value);
    const items: T[] = [];
    for (const [at, one] of value.entries()) {
      const read = item(one);
      if (isBad(read)) return within(`[${at}]`, read);
      items.push(read);
    }
    return items;
  };
}

/** A list whose order and repetitions would mean nothing: servers refuse or drop what comes twice. */
export function setOf(item: Reader<string>): Reader<readonly string[]> {
  const list = listOf(item);
  return (value) => {
    const items = list(value);
    if (isBad(items)) return items;
    const at = items.findIndex((one, index) => items.indexOf(one) < index);
    return at < 0 ? items : new BadValue(`repeats ${JSON.stringify(items[at])}`, `[${at}]`);
  };
}

/** Names with values; `name` says which names there may be. */
export function recordOf<T>(item: Reader<T>, name: Reader<string> = (value) => value as string) {
  return (value: unknown): Readonly<Record<string, T>> | BadValue => {
    if (!isRecord(value)) return bad("names with values", value);
    const entries: [string, T][] = [];
    for (const [key, part] of Object.entries(value)) {
      const named = name(key);
      if (isBad(named)) return new BadValue(`has a name that can't be used: it ${named.problem}`);
      const read = item(part);
      if (isBad(read)) return within(`.${key}`, read);
      entries.push([key, read]);
    }
    return Object.fromEntries(entries);
  };
}

/** An object whose fields are all optional, and of which no other may be there. */
export function fieldsOf<T extends object>(readers: { readonly [K in keyof T]-?: Reader<T[K]> }): Reader<Partial<T>> {
  return (value) => {
    if (!isRecord(value)) return bad("names with values", value);
    const fields: Partial<T> = {};
    for (const [name, part] of Object.entries(value)) {
      if (!Object.hasOwn(readers, name)) {
        return new BadValue(`is unknown; known are ${Object.keys(readers).join(", ")}`, `.${name}`);
      }
      const read = readers[name as keyof T](part) as T[keyof T] | BadValue;
      if (isBad(read)) return within(`.${name}`, read);
      fields[name as keyof T] = read;
    }
    return fields;
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
