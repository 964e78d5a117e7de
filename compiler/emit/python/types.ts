import { tellApartInJson } from "../../model/json-form.ts";
import type { Enum, Event, Type, Union } from "../../model/model.ts";
import { type PythonNames, pythonText } from "./names.ts";

export interface PythonScope {
  readonly event: Event;
  readonly names: PythonNames;
}

/** A type as Python's type checkers read it. */
export function pythonType(type: Type, scope: PythonScope): string {
  switch (type.kind) {
    case "text":
      return "str";
    case "int":
    case "bigint":
      return "int";
    case "float":
      return "float";
    case "boolean":
      return "bool";
    case "timestamp":
      return "datetime.datetime";
    case "bytes":
      return "bytes";
    case "json":
      return "Json";
    case "null":
      return "None";
    case "nullable":
      return `Union[${pythonType(type.of, scope)}, None]`;
    case "array":
      return `Sequence[${pythonType(type.items, scope)}]`;
    case "record":
      return `Mapping[${type.keys ? "int" : "str"}, ${pythonType(type.values, scope)}]`;
    case "enum":
    case "union":
    case "message":
      // In quotes: what is declared further down, too.
      return pythonText(scope.names.type(type.name));
  }
}

/** What a value is to be called by, for `isinstance`; `undefined`: nothing that Python tells. */
function classOf(type: Type, { event, names }: PythonScope): string | undefined {
  switch (type.kind) {
    case "text":
      return "str";
    case "int":
    case "bigint":
    case "float":
      return "(int, float)";
    case "boolean":
      return "bool";
    case "timestamp":
      return "datetime.datetime";
    case "bytes":
      return "bytes";
    case "array":
      return "(list, tuple)";
    case "record":
      return "dict";
    case "enum": {
      const { members } = event.enums.find(({ name }) => name === type.name)!;
      const kinds = new Set(members.map(({ value }) => typeof value));
      if (kinds.size > 1) return undefined;
      return kinds.has("string") ? "str" : kinds.has("number") ? "(int, float)" : "bool";
    }
    case "message": {
      const message = event.messages.find(({ name }) => name === type.name)!;
      return message.tuple ? "(list, tuple)" : names.type(type.name);
    }
    default:
      return undefined;
  }
}

/** Each variant with its class; `undefined` where Python does not tell them apart: then a value is given as JSON. */
export function variantsOf(
  union: Union,
  scope: PythonScope,
): readonly (readonly [Union["variants"][number], string])[] | undefined {
  const told: (readonly [Union["variants"][number], string])[] = [];
  for (const variant of union.variants) {
    const ofVariant = classOf(variant.type, scope);
    if (ofVariant === undefined || told.some(([, other]) => other === ofVariant)) return undefined;
    told.push([variant, ofVariant]);
  }
  // A bool is an int in Python: it has to be asked for first.
  return told.sort(([, a], [, b]) => Number(b === "bool") - Number(a === "bool"));
}

/** The expression that makes JSON of a value. */
export function jsonOf(type: Type, value: string, scope: PythonScope): string {
  const inner = (of: Type) => jsonOf(of, "item", scope);
  switch (type.kind) {
    case "text":
    case "int":
    case "boolean":
    case "json":
    case "null":
    case "enum":
      return value;
    case "float":
      return `_number(${value})`;
    case "bigint":
      return `str(${value})`;
    case "timestamp":
      return `_timestamp(${value})`;
    case "bytes":
      return `_base64(${value})`;
    case "message": {
      const { tuple } = scope.event.messages.find(({ name }) => name === type.name)!;
      return tuple ? `_json_of_${scope.names.type(type.name)}(${value})` : `${value}._json()`;
    }
    case "union":
      return `_json_of_${scope.names.type(type.name)}(${value})`;
    case "array":
      return `[${inner(type.items)} for item in ${value}]`;
    case "record":
      return `{key: ${inner(type.values)} for key, item in ${value}.items()}`;
    case "nullable":
      return `(None if ${value} is None else ${jsonOf(type.of, value, scope)})`;
  }
}

/** `_json_of_X`, which finds out by a value's class which variant it is. */
export function unionFunction(union: Union, scope: PythonScope): string[] {
  const name = scope.names.type(union.name);
  const variants = variantsOf(union, scope);
  const head = `def _json_of_${name}(value: Any) -> Any:`;
  if (variants === undefined)
    return ["", "", head, "    # Python does not tell its types apart: it is given as JSON.", "    return value"];
  const { isDistinct } = tellApartInJson(union, scope.event);
  const branches = variants.flatMap(([{ name, type }, ofVariant]) => {
    const json = jsonOf(type, "value", scope);
    return [
      `    if isinstance(value, ${ofVariant}):`,
      `        return ${isDistinct ? json : `{${pythonText(name)}: ${json}}`}`,
    ];
  });
  const refusal = `    raise TypeError(f"A value of ${name} is none of its types: {type(value).__name__}")`;
  return ["", "", head, ...branches, refusal];
}

/** The name of a union, for type checkers. */
export function unionAlias(union: Union, scope: PythonScope): string {
  const isTold = variantsOf(union, scope) !== undefined;
  const types = isTold ? union.variants.map(({ type }) => pythonType(type, scope)) : ["Json"];
  return `${scope.names.type(union.name)} = Union[${[...new Set(types)].join(", ")}]`;
}

export function enumAlias({ name, members }: Enum, { names }: PythonScope): string {
  const values = members.map(({ value }) => {
    if (typeof value === "string") return pythonText(value);
    return typeof value === "boolean" ? (value ? "True" : "False") : String(value);
  });
  // A Literal takes no fractions.
  const isFloat = members.some(({ value }) => typeof value === "number" && !Number.isSafeInteger(value));
  return `${names.type(name)} = ${isFloat ? "Union[str, float, bool]" : `Literal[${values.join(", ")}]`}`;
}
