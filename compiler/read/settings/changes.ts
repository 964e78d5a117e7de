import type { Changes } from "../../settings/kind.ts";
import { reportSetting, type SettingReader } from "./reader.ts";
import { rowFunction } from "./row-function.ts";
import { section } from "./section.ts";
import { describe, leaf } from "./values.ts";

const SOURCE = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const LONGEST_SOURCE = 63;
/** PostgreSQL's names; those in capitals, or with what is special, as they are. */
const NAME = /^[^.\p{Cc}]{1,63}$/u;

const source: SettingReader<string> = (value, entry, path, scope) => {
  const found = value.kind === "primitive" ? value.value : undefined;
  if (typeof found === "string" && SOURCE.test(found) && found.length <= LONGEST_SOURCE) return found;
  const expected = `at most ${LONGEST_SOURCE} lower-case letters, digits and single hyphens`;
  return reportSetting(
    "wrong-setting",
    { path, expected, found: describe(value), example: 'source: "billing"' },
    entry,
    scope,
  );
};

const table: SettingReader<readonly [schema: string, table: string]> = (value, entry, path, scope) => {
  const found = value.kind === "primitive" ? value.value : undefined;
  const names = typeof found === "string" ? found.split(".") : [];
  if (names.length > 0 && names.length <= 2 && names.every((name) => NAME.test(name))) {
    return names.length === 2 ? [names[0]!, names[1]!] : ["public", names[0]!];
  }
  const expected = "a table's name, with its schema before it where that is not public";
  const example = 'table: "billing.invoices"';
  return reportSetting("wrong-setting", { path, expected, found: describe(value), example }, entry, scope);
};

const flag: SettingReader<{ readonly is: boolean }> = (value, entry, path, scope) => {
  const found = value.kind === "primitive" ? value.value : undefined;
  if (typeof found === "boolean") return { is: found };
  const example = `${leaf(path)}: false`;
  return reportSetting(
    "wrong-setting",
    { path, expected: "true or false", found: describe(value), example },
    entry,
    scope,
  );
};

const parts = section(
  { source, table, event: rowFunction, snapshot: flag },
  {
    required: ["source", "table", "event"],
    example: '{ source: "billing", table: "invoices", event: (change: Change<Row>) => … }',
  },
);

/** A table whose changes become events. */
export const changes: SettingReader<Changes> = (value, entry, path, scope) => {
  const found = parts(value, entry, path, scope);
  if (!found?.source || !found.table || !found.event) return undefined;
  const [schema, name] = found.table;
  return { source: found.source, schema, table: name, snapshot: found.snapshot?.is ?? true, columns: found.event };
};
