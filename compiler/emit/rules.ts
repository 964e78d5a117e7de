import type { ArrayType, BytesType, FloatType, IntType, TextType, Type } from "../model/model.ts";
import { isUnsigned } from "../model/number-encoding.ts";
import { TEXT_FORMATS } from "../settings/text-formats.ts";

/*
 * The rules of a type in words, as violations and documentation state them: "must be …" or, alone, "at most 64
 * characters".
 */

export function textRule(type: TextType): string {
  const noun = type.format === undefined ? "a string" : TEXT_FORMATS[type.format].words;
  const length = amount(type.minLength, type.maxLength, "character");
  const pattern = type.pattern === undefined ? "" : ` that matches /${type.pattern}/u`;
  return `${noun}${length && ` of ${length}`}${pattern}`;
}

export function intRule({ min, max }: IntType): string {
  return `${min <= -Number.MAX_SAFE_INTEGER && max >= Number.MAX_SAFE_INTEGER ? "a safe integer" : "an integer"}${range(
    min <= -Number.MAX_SAFE_INTEGER ? undefined : min,
    max >= Number.MAX_SAFE_INTEGER ? undefined : max,
  )}`;
}

export function floatRule({ wire, min, max }: FloatType): string {
  return `a finite number${wire ? " of 32 bits" : ""}${range(min, max)}`;
}

export function bytesRule({ minLength, maxLength }: BytesType): string {
  const length = amount(minLength, maxLength, "byte");
  return `a Uint8Array${length && ` of ${length}`}`;
}

export function arrayRule({ minItems, maxItems }: Pick<ArrayType, "minItems" | "maxItems">): string {
  const length = amount(minItems, maxItems, "item");
  return `an array${length && ` of ${length}`}`;
}

/** What a type's documentation says besides its TypeScript type; empty where that says it all. */
export function ruleSentence(type: Type): string {
  const rule = documentedRule(type);
  return rule && `${rule.slice(0, 1).toUpperCase()}${rule.slice(1)}.`;
}

/** The same as a part of a sentence. */
function documentedRule(type: Type): string {
  switch (type.kind) {
    case "text": {
      const rule = textRule(type);
      return rule === "a string" ? "" : rule;
    }
    case "int":
      return intRule(type);
    case "float": {
      const rule = floatRule(type);
      return rule === "a finite number" ? "" : rule;
    }
    case "bigint":
      return isUnsigned(type) ? "an integer of 64 bits without a sign" : "a signed integer of 64 bits";
    case "bytes": {
      const rule = bytesRule(type);
      return rule === "a Uint8Array" ? "" : rule;
    }
    case "array": {
      const own = arrayRule(type);
      const items = documentedRule(type.items);
      return [own === "an array" ? "" : own, items && `each item: ${items}`].filter((rule) => rule !== "").join("; ");
    }
    case "record": {
      const values = documentedRule(type.values);
      return [type.keys && `each key: ${intRule(type.keys)}`, values && `each value: ${values}`]
        .filter((rule) => rule)
        .join("; ");
    }
    case "nullable":
      return documentedRule(type.of);
    case "json":
    case "boolean":
    case "null":
    case "timestamp":
    case "enum":
    case "message":
    case "union":
      return "";
  }
}

function range(min: number | undefined, max: number | undefined): string {
  if (min === undefined) return max === undefined ? "" : ` of at most ${max}`;
  return max === undefined ? ` from ${min}` : ` from ${min} to ${max}`;
}

function amount(min: number | undefined, max: number | undefined, unit: string): string {
  if (min === undefined || min === 0) return max === undefined ? "" : `at most ${units(max, unit)}`;
  if (max === undefined) return `at least ${units(min, unit)}`;
  return min === max ? `exactly ${units(max, unit)}` : `${min} to ${units(max, unit)}`;
}

function units(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}
