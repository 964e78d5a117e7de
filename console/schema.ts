/** JSON Schema, as far as the compiler writes it. */
export interface Schema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly prefixItems?: readonly Schema[];
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  readonly format?: string;
  readonly default?: unknown;
  readonly description?: string;
}

/** A schema with what it refers to in its place. */
export function resolved(schema: Schema, root: Schema): Schema {
  const name = schema.$ref?.replace(/^#\/\$defs\//, "");
  const found = name === undefined ? undefined : root.$defs?.[name];
  return found ? resolved({ ...found, ...(schema.description && { description: schema.description }) }, root) : schema;
}

export const choicesOf = ({ anyOf, oneOf }: Schema): readonly Schema[] => anyOf ?? oneOf ?? [];

const EXAMPLES: Readonly<Record<string, () => string>> = {
  uuid: () => crypto.randomUUID(),
  "date-time": () => new Date().toISOString(),
  date: () => new Date().toISOString().slice(0, 10),
  email: () => "ada@example.com",
  uri: () => "https://example.com",
};

/** A value to start from. */
export function exampleOf(given: Schema, root: Schema, depth = 0): unknown {
  const schema = resolved(given, root);
  if (schema.default !== undefined) return schema.default;
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  const [first] = choicesOf(schema);
  if (first) return exampleOf(first, root, depth);
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  if (type === "object") {
    const names = depth > 8 ? [] : (schema.required ?? []);
    return Object.fromEntries(names.map((name) => [name, exampleOf(schema.properties?.[name] ?? {}, root, depth + 1)]));
  }
  if (type === "array") {
    const items = schema.prefixItems ?? Array.from({ length: schema.minItems ?? 0 }, () => schema.items ?? {});
    return items.map((item) => exampleOf(item, root, depth + 1));
  }
  if (type === "number" || type === "integer") return Math.max(0, schema.minimum ?? 0);
  if (type === "boolean") return false;
  if (type === "null") return null;
  return EXAMPLES[schema.format ?? ""]?.() ?? "";
}

/** What a value breaks, as far as it shows here; the server knows all the rules. */
export function faultsIn(value: unknown, given: Schema, root: Schema, path = "the event"): string[] {
  const schema = resolved(given, root);
  if (schema.enum && !schema.enum.includes(value)) return [`${path} must be one of ${schema.enum.join(", ")}.`];
  const choices = choicesOf(schema);
  if (choices.length > 0) {
    const found = choices.map((choice) => faultsIn(value, choice, root, path));
    return found.some(({ length }) => length === 0) ? [] : (found[0] ?? []);
  }
  if (typeof value === "string") return faultsInText(value, schema, path);
  if (typeof value === "number") {
    if (schema.type === "integer" && !Number.isInteger(value)) return [`${path} must be a whole number.`];
    if (schema.minimum !== undefined && value < schema.minimum) return [`${path} must be at least ${schema.minimum}.`];
    if (schema.maximum !== undefined && value > schema.maximum) return [`${path} must be at most ${schema.maximum}.`];
    return [];
  }
  if (Array.isArray(value)) {
    const { minItems = 0, maxItems = Number.POSITIVE_INFINITY, items } = schema;
    if (value.length < minItems) return [`${path} needs at least ${minItems}.`];
    if (value.length > maxItems) return [`${path} takes at most ${maxItems}.`];
    return value.flatMap((one, i) => faultsIn(one, schema.prefixItems?.[i] ?? items ?? {}, root, `${path}[${i}]`));
  }
  if (value && typeof value === "object") {
    return Object.entries(value).flatMap(([name, one]) =>
      faultsIn(one, schema.properties?.[name] ?? {}, root, path === "the event" ? name : `${path}.${name}`),
    );
  }
  return [];
}

function faultsInText(value: string, { minLength, maxLength, pattern, type }: Schema, path: string): string[] {
  if (type === "number" || type === "integer") return [`${path} must be a number.`];
  const length = [...value].length;
  if (minLength !== undefined && length < minLength) return [`${path} needs at least ${minLength} characters.`];
  if (maxLength !== undefined && length > maxLength) return [`${path} takes at most ${maxLength} characters.`];
  if (pattern && !matches(pattern, value)) return [`${path} must match ${pattern}.`];
  return [];
}

function matches(pattern: string, value: string): boolean {
  try {
    return new RegExp(pattern, "u").test(value);
  } catch {
    return true;
  }
}
