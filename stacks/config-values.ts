/** A value of the stack's config that can't be used. */
export interface BadValue {
  /** Where in the value: `.greet.partitions`; empty: all of it. */
  readonly at: string;
  /** Completes the sentence that the place begins. */
  readonly problem: string;
}

/** Reads one value, as Pulumi parsed it: a string, or what a key with a path or JSON holds. */
export type Reader<T> = (value: unknown) => T | BadValue;

export function isBad<T>(value: T | BadValue): value is BadValue {
  return typeof value === "object" && value !== null && "problem" in value;
}

function bad(expected: string, found: unknown): BadValue {
  return { at: "", problem: `must be ${expected}, found ${JSON.stringify(found)}` };
}

function within(place: string, { at, problem }: BadValue): BadValue {
  return { at: place + at, problem };
}

export const text: Reader<string> = (value) =>
  typeof value === "string" && value !== "" ? value : bad("a text that is not empty", value);

export function matching(pattern: RegExp, expected: string): Reader<string> {
  return (value) => (typeof value === "string" && pattern.test(value) ? value : bad(expected, value));
}

/** `pulumi config set` writes numbers and booleans as texts, unless a path is given. */
export const flag: Reader<boolean> = (value) => {
  if (value === true || value === "true") return true;
  return value === false || value === "false" ? false : bad("true or false", value);
};

export function whole(min: number, max: number): Reader<number> {
  return (value) => {
    const number = typeof value === "string" && value !== "" ? Number(value) : value;
    const fits = typeof number === "number" && Number.isInteger(number) && number >= min && number <= max;
    return fits ? number : bad(`a whole number from ${min} to ${max}`, value);
  };
}

const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** In ms. */
export const duration: Reader<number> = (value) => {
  const match = typeof value === "string" ? /^(\d+)(s|m|h|d)$/.exec(value) : null;
  if (!match) return bad('a number and a unit (s, m, h, d), like "30d"', value);
  return Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS];
};

/** `30d`, in the largest unit that divides it. */
export function durationText(ms: number): string {
  const units = Object.entries(UNIT_MS).toReversed();
  const [unit, unitMs] = units.find(([, unitMs]) => ms % unitMs === 0) ?? ["ms", 1];
  return `${ms / unitMs}${unit}`;
}

export function listOf<T>(item: Reader<T>): Reader<readonly T[]> {
  return (value) => {
    if (!Array.isArray(value)) return bad("a list", value);
    const items = value.map(item);
    const at = items.findIndex(isBad);
    return at < 0 ? (items as T[]) : within(`[${at}]`, items[at] as BadValue);
  };
}

export function recordOf<T>(item: Reader<T>): Reader<Readonly<Record<string, T>>> {
  return (value) => {
    if (!isRecord(value)) return bad("names with values", value);
    const entries = Object.entries(value).map(([name, part]) => [name, item(part)] as const);
    const wrong = entries.find(([, part]) => isBad(part));
    if (wrong) return within(`.${wrong[0]}`, wrong[1] as BadValue);
    return Object.fromEntries(entries) as Record<string, T>;
  };
}

/** An object whose fields are all optional, and of which no other may be there. */
export function fieldsOf<T extends object>(readers: { readonly [K in keyof T]-?: Reader<T[K]> }): Reader<Partial<T>> {
  return (value) => {
    if (!isRecord(value)) return bad("names with values", value);
    const fields: Partial<T> = {};
    for (const [name, part] of Object.entries(value)) {
      const reader = readers[name as keyof T] as Reader<T[keyof T]> | undefined;
      if (!reader) return { at: `.${name}`, problem: `is unknown; known are ${Object.keys(readers).join(", ")}` };
      const read = reader(part);
      if (isBad(read)) return within(`.${name}`, read);
      fields[name as keyof T] = read;
    }
    return fields;
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
