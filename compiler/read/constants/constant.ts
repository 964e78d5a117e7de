import type { ts } from "ts-morph";

/** What an expression is worth, as far as the compiler can say without running anything. */
export type Constant = Primitive | ConstantObject | ConstantList | FunctionConstant | NotConstant | BadDuration;

export interface Primitive {
  readonly kind: "primitive";
  readonly value: string | number | bigint | boolean | null | undefined;
  /** The expression that the value comes from: behind the names that lead to it. */
  readonly node: ts.Node;
}

/** Its values are worked out when they are asked for, so that functions in it are never looked into. */
export interface ConstantObject {
  readonly kind: "object";
  readonly entries: ReadonlyMap<string, ConstantEntry>;
  readonly node: ts.Node;
}

export interface ConstantEntry {
  /** Where its name is written. */
  readonly name: ts.Node;
  /** Where its value is written. */
  readonly expression: ts.Node;
  readonly value: () => Constant;
}

export interface ConstantList {
  readonly kind: "list";
  readonly items: readonly Constant[];
  readonly node: ts.Node;
}

/** A function: there, and of no further interest. */
export interface FunctionConstant {
  readonly kind: "function";
  readonly node: ts.Node;
}

/** `node` is the very sub-expression that has no constant value. */
export interface NotConstant {
  readonly kind: "not-constant";
  /** Completes "This is not a constant: …". */
  readonly reason: string;
  readonly node: ts.Node;
}

/** What one of the package's functions was given for a duration. */
export interface BadDuration {
  readonly kind: "bad-duration";
  readonly found: string;
  readonly node: ts.Node;
}

export function primitive(value: Primitive["value"], node: ts.Node): Primitive {
  return { kind: "primitive", value, node };
}

export function notConstant(reason: string, node: ts.Node): NotConstant {
  return { kind: "not-constant", reason, node };
}

/** Whether a value is the end of its evaluation: nothing made of it has a value either. */
export function isFault(constant: Constant): constant is NotConstant | BadDuration {
  return constant.kind === "not-constant" || constant.kind === "bad-duration";
}
