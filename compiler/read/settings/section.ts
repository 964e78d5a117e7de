import type { Constant, ConstantEntry } from "../constants/constant.ts";
import { suggest } from "../suggestion.ts";
import { filterFunction } from "./filter.ts";
import { constantOf, reportSetting, type SettingReader, type SettingsScope } from "./reader.ts";
import { rowFunction } from "./row-function.ts";
import { describe, functionValue, isCallable, leaf } from "./values.ts";

/** The readers of a section's settings by name. */
export type Readers = Readonly<Record<string, SettingReader<unknown>>>;

/** What a section's readers make of it; settings that are not there are not. */
export type Settings<R extends Readers> = { readonly [K in keyof R]?: R[K] extends SettingReader<infer T> ? T : never };

/** An object of settings. Those that no reader knows are refused, and so is the lack of required ones. */
export function section<R extends Readers>(
  readers: R,
  { required = [], example = "{ … }" }: { required?: readonly (keyof R & string)[]; example?: string } = {},
): SettingReader<Settings<R>> {
  return (value, entry, path, scope) => {
    if (value.kind === "object") {
      for (const name of required.filter((candidate) => !value.entries.has(candidate))) {
        const parameters = { name, inside: `'${path}'`, example: `${name}: …` };
        scope.report("missing-setting", scope.span(entry.expression), parameters);
      }
      return readSettings(value.entries, path, readers, scope);
    }
    const known = Object.keys(readers).join(", ");
    const parameters = {
      path,
      expected: `an object of ${known}`,
      found: describe(value),
      example: `${leaf(path)}: ${example}`,
    };
    return reportSetting("wrong-setting", parameters, entry, scope);
  };
}

/** Settings by names of the use case's own choice. */
export function named<T>(reader: SettingReader<T>): SettingReader<ReadonlyMap<string, T>> {
  return (value, entry, path, scope) => {
    if (value.kind !== "object") {
      const parameters = { path, expected: "an object", found: describe(value), example: `${path}: { name: { … } }` };
      return reportSetting("wrong-setting", parameters, entry, scope);
    }
    const values = new Map<string, T>();
    for (const [name, inner] of value.entries) {
      const read = readSetting(inner, `${path}.${name}`, reader, scope);
      // What is there by name, though at fault, is there: nothing else is to be said of it.
      scope.spans[`${path}.${name}`] = scope.span(inner.name);
      if (read) values.set(name, read);
    }
    return values;
  };
}

export function readSettings<R extends Readers>(
  entries: ReadonlyMap<string, ConstantEntry>,
  path: string,
  readers: R,
  scope: SettingsScope,
): Settings<R> {
  const settings: Record<string, unknown> = {};
  for (const [name, entry] of entries) {
    const reader = Object.hasOwn(readers, name) ? readers[name] : undefined;
    if (reader) settings[name] = readSetting(entry, path ? `${path}.${name}` : name, reader, scope);
    else reportUnknown(name, entry, path, Object.keys(readers), scope);
  }
  return settings as Settings<R>;
}

function readSetting<T>(
  entry: ConstantEntry,
  path: string,
  reader: SettingReader<T>,
  scope: SettingsScope,
): T | undefined {
  const written = entry.value();
  if (written.kind === "primitive" && written.value === undefined) return undefined;
  scope.spans[path] = scope.span(entry.expression);
  const value = constantOrFunction(entry, path, reader, scope);
  return value && reader(value, entry, path, scope);
}

/** A function need not be constant: `handler: withLogging(…)` is left to run time. */
function constantOrFunction(
  entry: ConstantEntry,
  path: string,
  reader: SettingReader<unknown>,
  scope: SettingsScope,
): Constant | undefined {
  if (
    (reader === functionValue || reader === filterFunction || reader === rowFunction) &&
    entry.value().kind === "not-constant" &&
    isCallable(entry.expression, scope.checker)
  ) {
    return { kind: "function", node: entry.expression };
  }
  return constantOf(entry, path, scope);
}

function reportUnknown(
  name: string,
  entry: ConstantEntry,
  path: string,
  known: readonly string[],
  scope: SettingsScope,
): void {
  const near = suggest(name, known);
  const home = scope.homeOf(name);
  const inside = path ? `'${path}'` : "a use case";
  scope.report("unknown-setting", scope.span(entry.name), { name, inside, known, near, home });
}
