import { ts } from "ts-morph";
import type { Field } from "../../model/model.ts";
import { rootFields, rootMessages } from "../../model/root.ts";
import { formatDuration, parseDuration } from "../../settings/duration.ts";
import { parseSize } from "../../settings/size.ts";
import type { Constant } from "../constants/constant.ts";
import { reportSetting, type SettingReader } from "./reader.ts";

/** A text that is not blank. */
export const text: SettingReader<string> = (value, entry, path, scope) => {
  const found = value.kind === "primitive" ? value.value : undefined;
  if (typeof found === "string" && found.trim() !== "") return found;
  const expected = "a text that is not blank";
  const example = `${leaf(path)}: "team-previews"`;
  return reportSetting("wrong-setting", { path, expected, found: describe(value), example }, entry, scope);
};

export function oneOf<T extends string>(...choices: readonly T[]): SettingReader<T> {
  return (value, entry, path, scope) => {
    const choice = choices.find((candidate) => value.kind === "primitive" && value.value === candidate);
    if (choice) return choice;
    const expected = `one of ${choices.map((name) => `"${name}"`).join(", ")}`;
    const example = `${leaf(path)}: "${choices[0]}"`;
    return reportSetting("wrong-setting", { path, expected, found: describe(value), example }, entry, scope);
  };
}

/** A list of some of the names, each once: as one text, in the order of `choices`. */
export function someOf(...choices: readonly string[]): SettingReader<string> {
  return (value, entry, path, scope) => {
    const found =
      value.kind === "list" ? value.items.map((item) => (item.kind === "primitive" ? item.value : undefined)) : [];
    const isList = found.length > 0 && found.every((name) => choices.includes(name as string));
    if (isList && new Set(found).size === found.length)
      return choices.filter((name) => found.includes(name)).join(", ");
    const expected = `a list of ${choices.map((name) => `"${name}"`).join(", ")}, each once`;
    const example = `${leaf(path)}: ["${choices[0]}"]`;
    const names = found.map((name) => (name === undefined ? "…" : `"${name}"`));
    const described = value.kind === "list" ? `the list [${names.join(", ")}]` : describe(value);
    return reportSetting("wrong-setting", { path, expected, found: described, example }, entry, scope);
  };
}

export function integer(min: number, max: number): SettingReader<number> {
  return (value, entry, path, scope) => {
    const found = value.kind === "primitive" ? value.value : undefined;
    if (typeof found !== "number") {
      const expected = `an integer from ${min} to ${max}`;
      const example = `${leaf(path)}: ${Math.max(min, 1)}`;
      return reportSetting("wrong-setting", { path, expected, found: describe(value), example }, entry, scope);
    }
    if (Number.isInteger(found) && found >= min && found <= max) return found;
    const range = `an integer from ${min} to ${max}`;
    return reportSetting("setting-out-of-range", { path, found: String(found), range }, entry, scope);
  };
}

/** A number above 0, fractions included. */
export const positive: SettingReader<number> = (value, entry, path, scope) => {
  const found = value.kind === "primitive" ? value.value : undefined;
  if (typeof found !== "number") {
    const example = `${leaf(path)}: 100`;
    return reportSetting(
      "wrong-setting",
      { path, expected: "a number", found: describe(value), example },
      entry,
      scope,
    );
  }
  if (found > 0 && Number.isFinite(found)) return found;
  return reportSetting("setting-out-of-range", { path, found: String(found), range: "a number above 0" }, entry, scope);
};

/** A duration in ms, written as text. */
export function duration(min: string, max: string): SettingReader<number> {
  return (value, entry, path, scope) => {
    const found = value.kind === "primitive" ? value.value : undefined;
    if (typeof found !== "string") {
      const example = `${leaf(path)}: "30s"`;
      return reportSetting(
        "wrong-setting",
        { path, expected: "a duration", found: describe(value), example },
        entry,
        scope,
      );
    }
    const ms = parseDuration(found);
    if (ms === undefined) return reportSetting("bad-duration", { path, found }, entry, scope);
    if (isBetween(ms, min, max)) return ms;
    return reportSetting(
      "setting-out-of-range",
      { path, found, range: `a duration from ${min} to ${max}` },
      entry,
      scope,
    );
  };
}

/** A size in bytes, written as text. */
export function size(min: string, max: string): SettingReader<number> {
  return (value, entry, path, scope) => {
    const found = value.kind === "primitive" ? value.value : undefined;
    const bytes = typeof found === "string" ? parseSize(found) : undefined;
    if (typeof found !== "string" || bytes === undefined) {
      const expected = "a size: a number, then B, KiB or MiB";
      const example = `${leaf(path)}: "1MiB"`;
      return reportSetting("wrong-setting", { path, expected, found: describe(value), example }, entry, scope);
    }
    if (bytes >= (parseSize(min) ?? 0) && bytes <= (parseSize(max) ?? 0)) return bytes;
    return reportSetting("setting-out-of-range", { path, found, range: `a size from ${min} to ${max}` }, entry, scope);
  };
}

/** A duration in ms, as the package's functions return it. */
export function milliseconds(min: string, max: string): SettingReader<number> {
  return (value, entry, path, scope) => {
    const ms = value.kind === "primitive" ? value.value : undefined;
    if (typeof ms !== "number") {
      const expected = "a number of milliseconds";
      return reportSetting("wrong-setting", { path, expected, found: describe(value), example: "1000" }, entry, scope);
    }
    if (isBetween(ms, min, max)) return ms;
    const parameters = { path, found: formatDuration(ms), range: `a duration from ${min} to ${max}` };
    return reportSetting("setting-out-of-range", parameters, entry, scope);
  };
}

function isBetween(ms: number, min: string, max: string): boolean {
  return ms >= (parseDuration(min) ?? 0) && ms <= (parseDuration(max) ?? 0);
}

/** The name of a required field of the event whose values can be a key. */
export const keyField: SettingReader<string> = (value, entry, path, scope) => {
  const name = value.kind === "primitive" ? value.value : undefined;
  if (typeof name !== "string") {
    const parameters = { path, expected: "a field's name", found: describe(value), example: `${leaf(path)}: "id"` };
    return reportSetting("wrong-setting", parameters, entry, scope);
  }
  if (!scope.event) return name;
  const { event } = scope;
  const unfit = (name: string) =>
    rootFields(event, name)
      .map(unfitForKey)
      .find((reason) => reason !== undefined);
  const reason = unfit(name);
  if (!reason) return name;
  const usable = (rootMessages(event)[0]?.fields ?? []).map((field) => field.name).filter((name) => !unfit(name));
  return reportSetting("bad-key-field", { path, name, reason, usable }, entry, scope);
};

function unfitForKey(field: Field | undefined): string | undefined {
  if (!field) return "which is no field of the event";
  if (field.optional) return "which is optional: without it an event would have no key";
  if (field.type.kind === "nullable" || field.type.kind === "null") {
    return "which may be null: then an event would have no key";
  }
  return KEY_KINDS.has(field.type.kind) ? undefined : "whose values are not comparable as they are";
}

const KEY_KINDS: ReadonlySet<string> = new Set(["text", "int", "float", "bigint", "boolean", "enum"]);

/** Whether a function is there. Only its type is looked at. */
export const functionValue: SettingReader<true> = (value, entry, path, scope) => {
  if (value.kind === "function") return true;
  const expected = "a function";
  const example = `${leaf(path)}: (event) => …`;
  return reportSetting("wrong-setting", { path, expected, found: describe(value), example }, entry, scope);
};

/** A value as one would speak of it. */
export function describe(value: Constant): string {
  switch (value.kind) {
    case "primitive":
      if (value.value === null || value.value === undefined) return String(value.value);
      return `the ${typeof value.value} ${JSON.stringify(value.value, (_, part) => (typeof part === "bigint" ? `${part}n` : part))}`;
    case "function":
      return "a function";
    case "list":
      return "a list";
    case "object":
      return "an object";
    default:
      return "no constant";
  }
}

/** The setting's own name, at the end of its path. */
export function leaf(path: string): string {
  return path.slice(path.lastIndexOf(".") + 1);
}

/** Whether an expression's value is a function by its type, for functions that a call returns. */
export function isCallable(node: ts.Node, checker: ts.TypeChecker): boolean {
  const type = checker.getNonNullableType(checker.getTypeAtLocation(node));
  return type.getCallSignatures().length > 0 || Boolean(type.flags & ts.TypeFlags.Any);
}
