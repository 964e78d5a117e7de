import { constant, every, exponential, perMinute, perSecond } from "fivefold";
import { ts } from "ts-morph";
import { describe, expect, test } from "vitest";
import type { Constant } from "../../../compiler/read/constants/constant.ts";
import { createEvaluate } from "../../../compiler/read/constants/evaluate.ts";
import { openProject } from "../../../compiler/read/open-project.ts";
import { createProgram } from "../../../compiler/read/program.ts";
import { createReading } from "../../../compiler/read/reading.ts";
import { writeProject } from "./scratch-project.ts";

const MODULE = `
export const SECONDS = 30;
export const POLICY = { retry: { max: 5, list: [1, 2] }, name: "policy" } as const;
export enum Level { Low = 1, High = Low * 10, Name = "n" }
const inner = "inner";
export { inner as renamed };
export default SECONDS * 2;
`;
const REEXPORT = `export * from "./shared.ts"; export { default as fromDefault } from "./shared.ts"; export * as all from "./shared.ts";`;
const HEAD = `
import { constant, every, exponential as backoff, perMinute, perSecond } from "fivefold";
import * as fivefold from "fivefold";
import { readFileSync } from "node:fs";
import { all, fromDefault, Level, POLICY, renamed, SECONDS } from "../reexport.ts";
declare const fromPackage: "value"; declare const unknown: string;
const NESTED = { a: { "b-c": [10, 20] } } satisfies object;
const { retry: { max: tooDeep }, name: named, retry } = POLICY;
let changing = 1;
const cycleA: number = 1 + cycleB; const cycleB: number = cycleA;
function twice(x: number) { return 2 * x; }
const PROD = true;
class Settings { static max = 1; }
`;

/** Evaluates each expression as a module's constant; all in one program, since that takes most of the time. */
function evaluateAll(expressions: readonly string[]): Map<string, Constant> {
  const lines = expressions.map(
    (expression, index) => `export const value${index} = ${expression.replaceAll("#{", "${")};`,
  );
  const root = writeProject("constants", {
    "usecases/values.ts": HEAD + lines.join("\n"),
    "shared.ts": MODULE,
    "reexport.ts": REEXPORT,
  });
  const { program } = createProgram(openProject(root), { ambientTypes: true });
  const evaluate = createEvaluate(createReading(root, program));
  const values = new Map<string, Constant>();
  const visit = (node: ts.Node): void => {
    const index = ts.isVariableDeclaration(node) ? /^value(\d+)$/.exec(node.name.getText())?.[1] : undefined;
    if (index && ts.isVariableDeclaration(node) && node.initializer) {
      values.set(expressions[Number(index)] ?? "", evaluate(node.initializer));
    }
    ts.forEachChild(node, visit);
  };
  const source = program.getSourceFile(`${root}/usecases/values.ts`);
  if (source) visit(source);
  return values;
}

function plain(constant: Constant | undefined): unknown {
  switch (constant?.kind) {
    case "primitive":
      return constant.value;
    case "list":
      return constant.items.map(plain);
    case "object":
      return Object.fromEntries(Array.from(constant.entries, ([name, entry]) => [name, plain(entry.value())]));
    default:
      return constant;
  }
}

/** `#{` stands for `${`, which a linter would take for a template that lacks its backquotes. */
const VALUES: readonly (readonly [expression: string, value: unknown])[] = [
  ['"text"', "text"],
  ["`no parts`", "no parts"],
  ["1_000.5", 1000.5],
  ["0xff", 255],
  ["123n", 123n],
  ["-5", -5],
  ["null", null],
  ["undefined", undefined],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["!true", false],
  ["2 + 3 * 4 - 10 / 4 % 2 ** 1", 13.5],
  ['"a" + 1', "a1"],
  ["1 < 2 && 3 >= 3", true],
  ['"" || "other"', "other"],
  ["undefined ?? 7", 7],
  ["0 ?? 7", 0],
  ["1 === 1 ? { a: 1 } : changing", { a: 1 }],
  ["`#{SECONDS}s`", "30s"],
  ["(SECONDS as number)!", 30],
  ["SECONDS satisfies number", 30],
  ["fromDefault", 60],
  ["renamed", "inner"],
  ["all.POLICY.retry.max", 5],
  ["POLICY.retry", { max: 5, list: [1, 2] }],
  ["POLICY['retry'].list[1]", 2],
  ["POLICY.retry.list.length", 2],
  ["POLICY.missing", undefined],
  ['NESTED.a["b-c"]', [10, 20]],
  ["retry.max", 5],
  ["named", "policy"],
  ["named.length", 6],
  ["Level.High", 10],
  ["Level.Name", "n"],
  ['Level["Low"]', 1],
  ["[0, ...POLICY.retry.list, ...[3]]", [0, 1, 2, 3]],
  [
    "{ ...POLICY.retry, max: 6, ...(PROD && { x: 1 }), ...(!PROD && { y: 2 }), [`k#{1}`]: SECONDS, SECONDS }",
    { max: 6, list: [1, 2], x: 1, k1: 30, SECONDS: 30 },
  ],
  ["fromPackage", "value"],
  ["(undefined as { a: 1 } | undefined)?.a", undefined],
  ['backoff("1s", `#{SECONDS}m`)', exponential("1s", "30m")],
  ['constant("250ms")', constant("250ms")],
  ["perSecond(SECONDS / 60)", perSecond(0.5)],
  ["perMinute(10)", perMinute(10)],
  ['fivefold.every("1.5h")', every("1.5h")],
];

/** What has no constant value, the sub-expression that is to blame, and why. */
const FAULTS: readonly (readonly [expression: string, at: string, reason: string])[] = [
  ["1 + changing", "changing", "not declared with `const`"],
  ["`#{twice(2)}s`", "twice(2)", "functions run at run time"],
  ["{ a: 1, ...twice }", "twice", "only a constant object can be spread"],
  ["[...readFileSync]", "readFileSync", "only a constant list can be spread"],
  ["process.env.HOME", "process.env.HOME", "the environment is read at run time"],
  ["new Date(0)", "new Date(0)", "made at run time"],
  ["await Promise.resolve(1)", "await Promise.resolve(1)", "a promise"],
  ["missing", "missing", "neither declared nor imported"],
  ["missing(1)", "missing", "neither declared nor imported"],
  ["unknown", "unknown", "no value"],
  ["cycleA", "1 + cycleB", "depends on itself"],
  ["tooDeep", "tooDeep", "taken out of a constant object as they are"],
  ["1n + 1", "1n + 1", "Cannot mix BigInt"],
  ["{} + 1", "{} + 1", "strings, numbers and booleans only"],
  ["~1", "~1", "the operator ~"],
  ["1 << 2", "1 << 2", "the operator <<"],
  ['perSecond("5")', '"5"', "takes a number"],
  ["every(5)", "5", "takes a duration"],
  ['backoff("1s")', 'backoff("1s")', "takes 2 arguments"],
  ["fivefold.useCase({})", "fivefold.useCase({})", "no function for settings"],
  ["Settings.max", "Settings", "no constant"],
  [`${"-(".repeat(260)}1${")".repeat(260)}`, "", "nests too deeply"],
];

describe("constants", () => {
  const values = evaluateAll([...VALUES, ...FAULTS].map(([expression]) => expression));

  test.each(VALUES)("%s", (expression, value) => expect(plain(values.get(expression))).toEqual(value));

  test.each(FAULTS)("no constant: %s", (expression, at, reason) => {
    const constant = values.get(expression);
    if (constant?.kind !== "not-constant") return expect(constant?.kind).toBe("not-constant");
    expect(constant.reason).toContain(reason);
    expect(constant.node.getText().slice(0, at.length)).toBe(at);
  });

  test("a function is known to be one, and not looked into", () => {
    const functions = evaluateAll(["() => missing()", "twice", "{ run() { return 1; } }", "async function () {}"]);
    expect(functions.get("() => missing()")?.kind).toBe("function");
    expect(functions.get("twice")?.kind).toBe("function");
    expect(functions.get("async function () {}")?.kind).toBe("function");
    const object = functions.get("{ run() { return 1; } }");
    expect(object?.kind === "object" && object.entries.get("run")?.value().kind).toBe("function");
  });

  test("a duration that is none is told apart", () => {
    const [bad] = [...evaluateAll(['every("5 minutes")']).values()];
    expect(bad).toMatchObject({ kind: "bad-duration", found: "5 minutes" });
  });
});
