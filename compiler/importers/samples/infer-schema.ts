type Value = string | number | boolean | null | readonly Value[] | { readonly [name: string]: Value };
type Schema = Record<string, unknown>;

/** Fewer texts than this are too few to tell a choice among some from any text. */
const FEWEST_FOR_CHOICE = 50;
const MOST_CHOICES = 12;
/** How often each choice must have been seen. */
const FEWEST_OF_A_CHOICE = 3;
/** More names than this, in objects that have few of them, are data: a map. */
const FEWEST_KEYS_OF_MAP = 20;
/** What lies deeper is any value: nobody writes a type of that, and hostile messages have thousands of levels. */
const DEEPEST = 20;

const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
const FORMATS: readonly (readonly [name: string, holds: (text: string) => boolean])[] = [
  ["date-time", (text) => MOMENT.test(text) && !Number.isNaN(Date.parse(text))],
  ["uuid", (text) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)],
  ["date", isDate],
];

function isDate(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

/**
 * The JSON Schema that a person might have written who knows these values, and no others: it holds for all of them. `title` names the type, where it
 * is one. A property
 * that some objects lack is optional; texts that are few and come again are a choice; names that are many are the keys of a map.
 */
export function inferSchema(values: readonly Value[], title = "", depth = 0): Schema {
  if (depth > DEEPEST) return {};
  const of = <T extends Value>(is: (value: Value) => value is T) => values.filter(is);
  const texts = of((value) => typeof value === "string");
  const numbers = of((value) => typeof value === "number");
  const lists = of((value) => Array.isArray(value));
  const objects = of(
    (value): value is { readonly [name: string]: Value } =>
      typeof value === "object" && value !== null && !Array.isArray(value),
  );
  const kinds: Schema[] = [];
  if (objects.length > 0) kinds.push(objectSchema(objects, title, depth + 1));
  if (lists.length > 0) kinds.push({ type: "array", items: inferSchema(lists.flat(), singular(title), depth + 1) });
  if (texts.length > 0) kinds.push(textSchema(texts));
  if (numbers.length > 0) kinds.push(numberSchema(numbers));
  if (values.some((value) => typeof value === "boolean")) kinds.push({ type: "boolean" });
  if (values.includes(null)) kinds.push({ type: "null" });
  // Nothing was seen, as in a list that was always empty: any value.
  if (kinds.length === 0) return {};
  return kinds.length === 1 ? kinds[0]! : { anyOf: kinds };
}

function objectSchema(objects: readonly { readonly [name: string]: Value }[], title: string, depth: number): Schema {
  const byName = new Map<string, Value[]>();
  for (const object of objects) {
    for (const [name, value] of Object.entries(object)) {
      const found = byName.get(name);
      if (found) found.push(value);
      else byName.set(name, [value]);
    }
  }
  if (isMap(byName, objects.length)) {
    return { type: "object", additionalProperties: inferSchema([...byName.values()].flat(1), singular(title), depth) };
  }
  return {
    type: "object",
    ...(title !== "" && { title }),
    properties: Object.fromEntries([...byName].map(([name, values]) => [name, inferSchema(values, name, depth)])),
    required: [...byName].filter(([, values]) => values.length === objects.length).map(([name]) => name),
    additionalProperties: false,
  };
}

/** What one of several is called: types are named after their properties. */
const singular = (name: string): string => name.replace(/ies$/, "y").replace(/(?<=(ss|x|ch|sh))es$|(?<!s)s$/, "");

/** Many names, none of which most objects have, and values of one kind. */
function isMap(byName: ReadonlyMap<string, readonly Value[]>, objects: number): boolean {
  if (byName.size < FEWEST_KEYS_OF_MAP) return false;
  if ([...byName.values()].some((values) => values.length > objects / 2)) return false;
  return new Set([...byName.values()].flat().map(kindOf)).size === 1;
}

const kindOf = (value: Value): string => (value === null ? "null" : Array.isArray(value) ? "list" : typeof value);

function textSchema(texts: readonly string[]): Schema {
  const format = FORMATS.find(([, holds]) => texts.every(holds));
  if (format) return { type: "string", format: format[0] };
  const counts = new Map<string, number>();
  for (const text of texts) {
    counts.set(text, (counts.get(text) ?? 0) + 1);
    if (counts.size > MOST_CHOICES) return { type: "string" };
  }
  const isChoice = [...counts].every(([text, count]) => count >= FEWEST_OF_A_CHOICE && /^[\w.:/-]{1,40}$/.test(text));
  if (texts.length < FEWEST_FOR_CHOICE || !isChoice) return { type: "string" };
  return { enum: [...counts.keys()].sort() };
}

function numberSchema(numbers: readonly number[]): Schema {
  if (!numbers.every(Number.isSafeInteger)) return { type: "number" };
  return { type: "integer", ...(numbers.every((number) => number >= 0) && { minimum: 0 }) };
}
