import { MONTH_AND_DAY, TEXT_FORMATS, type TextFormat, type TextFormatSchema } from "../../settings/text-formats.ts";
import type { JsonObject } from "../json-layout.ts";

/*
 * What strings in JSON look like, for validators that leave formats unchecked, as most do. Of regular expressions there
 * is only what other languages' have too: no flags, no lookahead.
 */

const YEAR = "(?:000[1-9]|00[1-9][0-9]|0[1-9][0-9]{2}|[1-9][0-9]{3})";
const HOUR_AND_MINUTE = "(?:[01][0-9]|2[0-3]):[0-5][0-9]";

export const TIMESTAMP: JsonObject = {
  description: "A moment in the years 1 to 9999, in RFC 3339. Digits beyond the millisecond are cut off.",
  type: "string",
  format: "date-time",
  pattern: `^${YEAR}-${MONTH_AND_DAY}T${HOUR_AND_MINUTE}:[0-5][0-9](?:\\.[0-9]{1,9})?(?:Z|[+-]${HOUR_AND_MINUTE})$`,
};

export const INT64: JsonObject = {
  description: "A signed integer of 64 bits, in decimal digits.",
  type: "string",
  pattern: `^(?:0|-?(?:[1-9][0-9]{0,17}|${upTo("9223372036854775807")})|-9223372036854775808)$`,
};

export const UINT64: JsonObject = {
  description: "An integer of 64 bits without a sign, in decimal digits.",
  type: "string",
  pattern: `^(?:0|[1-9][0-9]{0,18}|${upTo("18446744073709551615")})$`,
};

export const BASE64: JsonObject = {
  description: "Bytes, in base64 with padding.",
  type: "string",
  contentEncoding: "base64",
  pattern: "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$",
};

/** The characters of `count` bytes in base64. */
export function base64Length(count: number): number {
  return 4 * Math.ceil(count / 3);
}

/** What is checked of a format besides its name. */
export function formatSchema(format: TextFormat): TextFormatSchema {
  const { test } = TEXT_FORMATS[format];
  if ("code" in test) return test.schema;
  return test.schema ?? { pattern: portable(test.literal) };
}

/** The source of a regular expression's literal, with upper case spelled out for its flag `i`. */
function portable(literal: string): string {
  const [, source = "", flags] = /^\/(.*)\/(\w*)$/.exec(literal)!;
  const plain = source.replaceAll("\\d", "[0-9]");
  return flags === "i" ? plain.replace(/a-[zf]/g, (range) => `${range.toUpperCase()}${range}`) : plain;
}

/** Numbers of as many digits as `most` has, from 1 followed by zeros up to it. */
function upTo(most: string): string {
  const below = [...most].flatMap((digit, i) => {
    const first = i === 0 ? 1 : 0;
    if (Number(digit) <= first) return [];
    const rest = most.length - i - 1;
    return `${most.slice(0, i)}[${first}-${Number(digit) - 1}]${rest > 0 ? `[0-9]{${rest}}` : ""}`;
  });
  return [...below, most].join("|");
}
