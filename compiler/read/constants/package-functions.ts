import type { ts } from "ts-morph";
import { parseDuration } from "../../settings/duration.ts";
import {
  type BadDuration,
  type Constant,
  type ConstantEntry,
  isFault,
  type NotConstant,
  notConstant,
  type Primitive,
  primitive,
} from "./constant.ts";

type Kind = "duration" | "number";

interface PackageFunction {
  readonly parameters: readonly Kind[];
  /** Its result's properties: the index of the argument that each is, or a fixed value. */
  readonly result: Readonly<Record<string, { readonly argument: number } | { readonly fixed: number }>>;
}

const FIRST = { argument: 0 };

/** What the package's own functions return; the twins of those in runtime/authoring/use-case.ts. */
const FUNCTIONS: Readonly<Record<string, PackageFunction>> = {
  exponential: { parameters: ["duration", "duration"], result: { minMs: FIRST, maxMs: { argument: 1 } } },
  constant: { parameters: ["duration"], result: { minMs: FIRST, maxMs: FIRST } },
  perSecond: { parameters: ["number"], result: { count: FIRST, periodMs: { fixed: 1_000 } } },
  perMinute: { parameters: ["number"], result: { count: FIRST, periodMs: { fixed: 60_000 } } },
  every: { parameters: ["duration"], result: { count: { fixed: 1 }, periodMs: FIRST } },
};

/** The value of a call of one of the package's functions, by the name under which the package exports it. */
export function evaluatePackageCall(
  name: string,
  node: ts.CallExpression,
  evaluate: (node: ts.Node) => Constant,
): Constant {
  const kind = Object.hasOwn(TARGETS, name) ? TARGETS[name] : undefined;
  if (kind) return evaluateTarget(name, kind, node, evaluate);
  const known = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
  if (!known) return notConstant(`fivefold's ${name} is no function for settings`, node);
  const values: Primitive[] = [];
  for (const [index, kind] of known.parameters.entries()) {
    const expression = node.arguments[index];
    if (!expression) return notConstant(`${name} takes ${known.parameters.length} arguments`, node);
    const value = evaluateArgument(name, kind, expression, evaluate);
    if (value.kind !== "primitive") return value;
    values.push(value);
  }
  const entries = Object.entries(known.result).map(([key, from]): [string, ConstantEntry] => {
    const value = "fixed" in from ? primitive(from.fixed, node) : (values[from.argument] ?? primitive(undefined, node));
    return [key, { name: node, expression: value.node, value: () => value }];
  });
  return { kind: "object", entries: new Map(entries), node };
}

/** Functions of a name and an object of options, whose result is all of them and a kind. */
const TARGETS: Readonly<Record<string, string>> = { service: "service", awsLambda: "lambda", azureFunction: "azure" };

function evaluateTarget(
  name: string,
  kind: string,
  node: ts.CallExpression,
  evaluate: (node: ts.Node) => Constant,
): Constant {
  const [first, second] = node.arguments;
  if (!first) return notConstant(`${name} takes a name`, node);
  const options = second && evaluate(second);
  if (options && isFault(options)) return options;
  if (options && options.kind !== "object") return notConstant(`${name} takes an object of options`, options.node);
  const entries = new Map<string, ConstantEntry>([
    ["kind", { name: node, expression: node, value: () => primitive(kind, node) }],
    ["name", { name: first, expression: first, value: () => evaluate(first) }],
  ]);
  for (const [key, entry] of options?.entries ?? []) entries.set(key, entry);
  return { kind: "object", entries, node };
}

/** An argument's number, or its duration in ms. */
function evaluateArgument(
  name: string,
  kind: Kind,
  expression: ts.Expression,
  evaluate: (node: ts.Node) => Constant,
): Primitive | NotConstant | BadDuration {
  const argument = evaluate(expression);
  if (isFault(argument)) return argument;
  const value = argument.kind === "primitive" ? argument.value : undefined;
  if (kind === "number") {
    return typeof value === "number" ? primitive(value, expression) : notConstant(`${name} takes a number`, expression);
  }
  if (typeof value !== "string") return notConstant(`${name} takes a duration, like "30s"`, expression);
  const ms = parseDuration(value);
  return ms === undefined ? { kind: "bad-duration", found: value, node: expression } : primitive(ms, expression);
}
