import { ts } from "ts-morph";
import type { Column, ColumnType } from "../../settings/kind.ts";
import { builtinName } from "../types/builtins.ts";
import { isJson } from "../types/json.ts";
import { presenceOf } from "../types/nullable.ts";
import { reportSetting, type SettingReader, type SettingsScope, usedBy } from "./reader.ts";
import { describe } from "./values.ts";

/** A function of a `Change<Row>`: the columns of the row, which are all that is read of the table. */
export const rowFunction: SettingReader<readonly Column[]> = (value, entry, path, scope) => {
  const row = value.kind === "function" ? rowOf(value.node, scope) : undefined;
  if (!row || row.flags & ts.TypeFlags.Any) {
    const found = value.kind === "function" ? "a function whose parameter is no Change<Row>" : describe(value);
    const expected = "a function of a change, whose type says what columns are read";
    const example = "event: (change: Change<Invoice>) => ({ … })";
    return reportSetting("wrong-setting", { path, expected, found, example }, entry, scope);
  }
  const columns = scope.checker.getPropertiesOfType(row).map((field) => columnOf(field, entry.expression, scope));
  return columns.every((column) => column !== undefined) && columns.length > 0 ? columns : undefined;
};

/** What `Row` is of the parameter's `Change<Row>`. */
function rowOf(node: ts.Node, { checker, exported }: SettingsScope): ts.Type | undefined {
  const [signature] = checker.getTypeAtLocation(node).getCallSignatures();
  const [parameter] = signature?.getParameters() ?? [];
  if (!parameter) return undefined;
  const type = checker.getTypeOfSymbol(parameter);
  const { aliasSymbol, aliasTypeArguments = [] } = type;
  return aliasSymbol !== undefined && aliasSymbol === exported("Change") ? aliasTypeArguments[0] : undefined;
}

function columnOf(field: ts.Symbol, at: ts.Node, scope: SettingsScope): Column | undefined {
  const declared = scope.checker.getTypeOfSymbol(field);
  const { type, hasUndefined, hasNull } = presenceOf(declared, scope, { portable: false });
  const optional = hasUndefined || (field.flags & ts.SymbolFlags.Optional) !== 0;
  const item = scope.checker.isArrayType(type)
    ? scope.checker.getTypeArguments(type as ts.TypeReference)[0]
    : undefined;
  const found = columnType(item ?? type, scope);
  if (found) return { name: field.name, type: found, list: item !== undefined, nullable: hasNull, optional };
  const written = field.valueDeclaration ?? at;
  const span = scope.span(written.getSourceFile().isDeclarationFile ? at : written);
  scope.report(
    "bad-column",
    span,
    { column: field.name, found: scope.checker.typeToString(declared) },
    usedBy(scope, span),
  );
  return undefined;
}

function columnType(type: ts.Type, scope: SettingsScope): ColumnType | undefined {
  if (isJson(type, scope)) return "json";
  const builtin = builtinName(type, scope);
  if (builtin === "Date") return "date";
  if (builtin === "Uint8Array") return "bytes";
  const parts = type.isUnion() ? type.types : [type];
  const isAll = (flag: ts.TypeFlags) => parts.every(({ flags }) => (flags & flag) !== 0);
  if (isAll(ts.TypeFlags.StringLike)) return "text";
  if (isAll(ts.TypeFlags.NumberLike)) return "number";
  if (isAll(ts.TypeFlags.BigIntLike)) return "bigint";
  return isAll(ts.TypeFlags.BooleanLike) ? "boolean" : undefined;
}
