import type { IntType, Type } from "../../model/model.ts";
import { isUnsigned } from "../../model/number-encoding.ts";
import type { TextFormat } from "../../settings/text-formats.ts";
import { literalOf } from "../../text/source.ts";
import { bytesRule, floatRule, intRule, textRule } from "../rules.ts";
import { MAX_DEPTH } from "./validate-parts.ts";

/** How a value is looked at on the spot. */
export interface Check {
  /** It is wrong where one of these holds; with `&&`, where all do. */
  readonly wrong: readonly string[];
  readonly operator: "||" | "&&";
  /** Behind "must be ". */
  readonly rule: string;
  /** What describes the value that was found. */
  readonly describe: "describe" | "quote";
}

/** An enum of more members is looked up in a set. */
export const FEW_MEMBERS = 8;

/** The check of a value that has no parts of its own; `value` is the variable that holds it. */
export function checkOf(type: Type, value: string, top: TopLevel): Check | undefined {
  switch (type.kind) {
    case "text": {
      const { minLength, maxLength, pattern, format } = type;
      const wrong = [`typeof ${value} !== "string"`];
      addBounds(wrong, `${value}.length`, minLength || undefined, maxLength);
      wrong.push(`!${value}.isWellFormed()`);
      if (format !== undefined) wrong.push(`!${top.hasFormat(format, value)}`);
      if (pattern !== undefined) wrong.push(`!${top.pattern(pattern)}.test(${value})`);
      return any(wrong, textRule(type));
    }
    case "int": {
      const { wrong, rule } = intCheck(type, value);
      return any([`typeof ${value} !== "number"`, ...wrong], rule);
    }
    case "float": {
      const wrong = [`typeof ${value} !== "number"`];
      if (type.wire) {
        // What is written is the nearest number of 32 bits, which must keep the rules as the one that was given.
        const near = `Math.fround(${value})`;
        wrong.push(`!Number.isFinite(${near})`);
        addBounds(wrong, near, rounded(type.min), rounded(type.max));
      } else {
        wrong.push(`!Number.isFinite(${value})`);
        addBounds(wrong, value, type.min, type.max);
      }
      return any(wrong, floatRule(type));
    }
    case "bigint":
      return any(
        [
          `typeof ${value} !== "bigint"`,
          `BigInt.${isUnsigned(type) ? "asUintN" : "asIntN"}(64, ${value}) !== ${value}`,
        ],
        `a bigint of 64 bits, from ${isUnsigned(type) ? "0 to 2^64 - 1" : "-2^63 to 2^63 - 1"}`,
      );
    case "null":
      return any([`${value} !== null`], "null");
    case "boolean":
      return type.only === undefined
        ? any([`typeof ${value} !== "boolean"`], "a boolean")
        : any([`${value} !== ${type.only}`], String(type.only));
    case "json":
      return any(
        [`!isJson(${value}, ${MAX_DEPTH}, { left: ${top.maxItems} })`],
        `a JSON value of at most ${MAX_DEPTH} levels`,
      );
    case "timestamp":
      return any([`!isTimestamp(${value})`], "a Date in the years 1 to 9999");
    case "bytes": {
      const wrong = [`!(${value} instanceof Uint8Array)`];
      addBounds(wrong, `${value}.length`, type.minLength || undefined, type.maxLength);
      return any(wrong, bytesRule(type));
    }
    case "enum": {
      const members = top.members(type.name);
      const rule = `one of ${members.map((member) => JSON.stringify(member)).join(", ")}`;
      if (members.length > FEW_MEMBERS) {
        return { wrong: [`!${top.memberSet(type.name)}.has(${value})`], operator: "&&", rule, describe: "quote" };
      }
      const wrong = members.map((member) => `${value} !== ${literalOf(member)}`);
      return { wrong, operator: "&&", rule, describe: "quote" };
    }
    case "message":
    case "union":
    case "array":
    case "record":
    case "nullable":
      return undefined;
  }
}

/** What is wrong with an expression of a number; with one of them, it is no such integer. */
export function intCheck(type: IntType, value: string): Pick<Check, "wrong" | "rule"> {
  const wrong = [`!Number.isSafeInteger(${value})`];
  if (type.min > -Number.MAX_SAFE_INTEGER) wrong.push(`${value} < ${type.min}`);
  if (type.max < Number.MAX_SAFE_INTEGER) wrong.push(`${value} > ${type.max}`);
  return { wrong, rule: intRule(type) };
}

function rounded(bound: number | undefined): number | undefined {
  return bound === undefined ? undefined : Math.fround(bound);
}

function addBounds(wrong: string[], value: string, least: number | undefined, most: number | undefined): void {
  if (least !== undefined) wrong.push(`${value} < ${least}`);
  if (most !== undefined) wrong.push(`${value} > ${most}`);
}

function any(wrong: readonly string[], rule: string): Check {
  return { wrong, operator: "||", rule, describe: "describe" };
}

/** What checks refer to at the top of the file. */
export interface TopLevel {
  /** See `Validator`. */
  readonly maxItems: number;
  readonly members: (enumName: string) => readonly (string | number | boolean)[];
  /** The name of the set of an enum's members. */
  readonly memberSet: (enumName: string) => string;
  /** The name of a regular expression, by its source. */
  readonly pattern: (source: string) => string;
  /** An expression that tells whether the text in a variable has the format. */
  readonly hasFormat: (format: TextFormat, value: string) => string;
}
