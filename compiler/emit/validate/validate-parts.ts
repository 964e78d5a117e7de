/*
 * What stands in a validator beside what is specific to its event. Validators depend on nothing, so each has a copy of
 * what it uses.
 */

/** How deep values of recursive types may nest. */
export const MAX_DEPTH = 32;

export const IS_TIMESTAMP = `
function isTimestamp(value: unknown): boolean {
  if (!(value instanceof Date)) return false;
  const ms = value.getTime();
  return ms >= -62_135_596_800_000 && ms <= 253_402_300_799_999;
}`;

export const IS_JSON = `
/** Whether a value is what JSON can hold, with so many values in it at most. */
function isJson(value: unknown, levels: number, values: { left: number }): boolean {
  if (--values.left < 0) return false;
  if (typeof value === "string") return value.isWellFormed();
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value === "boolean" || value === null) return true;
  if (levels === 0) return false;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) if (!isJson(value[i], levels - 1, values)) return false;
    return true;
  }
  if (!isPlainObject(value)) return false;
  return Object.keys(value).every((key) => key.isWellFormed() && isJson(value[key], levels - 1, values));
}`;

export const IS_OBJECT = `
function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}`;

export const IS_PLAIN_OBJECT = `
/** Neither a Map nor another instance, whose entries are no properties. */
function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}`;

export const FAILED = `
function failed(rule: string, what: string): Found {
  return [{ path: "", rule, found: what }];
}`;

export const ADD = `
function add(found: Found, path: string, rule: string, what: string): Found {
  return nest(found, path, failed(rule, what));
}`;

export const NEST = `
/** Adds what was found in a part. */
function nest(found: Found, path: string, inner: Found): Found {
  if (inner === undefined) return found;
  const all = found ?? [];
  for (const violation of inner) {
    if (all.length === MAX_VIOLATIONS) break;
    const dot = violation.path === "" || violation.path.startsWith("[") ? "" : ".";
    all.push({ ...violation, path: \`\${path}\${dot}\${violation.path}\` });
  }
  return all;
}`;

export const IS_FULL = `
function isFull(found: Found): boolean {
  return found !== undefined && found.length === MAX_VIOLATIONS;
}`;

export const KEY_PATH = `
/** A record's key as a path has it: \`key\`, or \`["a key"]\`. */
function keyPath(key: string): string {
  const short = key.length > 64 ? \`\${key.slice(0, 64)}…\` : key;
  return /^[\\p{ID_Start}$_][\\p{ID_Continue}$]*$/u.test(short) ? short : \`[\${JSON.stringify(short)}]\`;
}`;

export const QUOTE = `
function quote(value: unknown): string {
  return typeof value === "string" && value.length <= 64 ? \`string \${JSON.stringify(value)}\` : describe(value);
}`;

export const DESCRIBE = `
/** A value's kind, and what helps to find it; not the text of a string, which may be private. */
function describe(value: unknown): string {
  switch (typeof value) {
    case "string":
      if (!value.isWellFormed()) return "string with a lone surrogate, which UTF-8 can't hold";
      return \`string of \${count(value.length, "character")}\`;
    case "number":
    case "boolean":
      return \`\${typeof value} \${value}\`;
    case "bigint":
      return BigInt.asIntN(64, value) === value ? \`bigint \${value}\` : "bigint of more than 64 bits";
    case "object":
      return value === null ? "null" : describeObject(value);
    default:
      return typeof value;
  }
}

function describeObject(value: object): string {
  if (Array.isArray(value)) return \`array of \${count(value.length, "item")}\`;
  if (value instanceof Uint8Array) return \`Uint8Array of \${count(value.length, "byte")}\`;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "invalid Date" : \`Date \${value.toISOString()}\`;
  const name: unknown = value.constructor?.name;
  return typeof name === "string" && name !== "" && name !== "Object" ? \`instance of \${name}\` : "object";
}

function count(amount: number, unit: string): string {
  return \`\${amount} \${unit}\${amount === 1 ? "" : "s"}\`;
}`;
