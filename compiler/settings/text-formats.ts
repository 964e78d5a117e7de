import type { TextRules } from "../../runtime/authoring/types.ts";

/** A text format, as use cases name it. */
export type TextFormat = NonNullable<TextRules["format"]>;

/** What JSON Schema says of a format for validators that leave formats unchecked: no flags, no lookahead. */
export interface TextFormatSchema {
  readonly pattern: string;
  readonly maxLength?: number;
}

/** What a validator tests: a regular expression that never backtracks, or a function that each has a copy of. */
export type TextFormatTest =
  | {
      readonly literal: string;
      /** Absent: the literal's pattern, with upper case and digits spelled out. */
      readonly schema?: TextFormatSchema;
    }
  | { readonly function: string; readonly code: string; readonly schema: TextFormatSchema };

/** All that is known of a text format. Reader, lock, checks, evolution, validators, schemas and importers follow from it. */
export interface TextFormatDescription {
  /** Behind "must be". */
  readonly words: string;
  readonly test: TextFormatTest;
  /** Fewest and most characters. */
  readonly lengths: readonly [least: number, most: number];
  /** Whether all of its texts are ASCII, a byte a character. */
  readonly isAscii: boolean;
  /** Whether JSON Schema's own vocabulary has it. A strict validator refuses a schema with a format that it does not know. */
  readonly isOfJsonSchema: boolean;
  /** Avro's logical type of strings, where there is one. */
  readonly avro?: "uuid";
}

/** The month and day of an RFC 3339 date, for patterns. */
export const MONTH_AND_DAY = "(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])";

const LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
const OCTET = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";

const IS_DATE = `
function isDate(text: string): boolean {
  const match = /^(\\d{4})-(\\d{2})-(\\d{2})$/.exec(text);
  if (match === null) return false;
  const month = Number(match[2]) - 1;
  // 400 years on, the calendar is the same, and Date takes no year for one of the 1900s.
  const date = new Date(Date.UTC(Number(match[1]) + 400, month, Number(match[3])));
  return date.getUTCMonth() === month && date.getUTCDate() === Number(match[3]);
}`;

/** The text formats. runtime/types.ts names them to use cases; where the two differ, this fails to compile. */
export const TEXT_FORMATS: Readonly<Record<TextFormat, TextFormatDescription>> = {
  uuid: {
    words: "a UUID",
    test: { literal: "/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i" },
    lengths: [36, 36],
    isAscii: true,
    isOfJsonSchema: true,
    avro: "uuid",
  },
  email: {
    words: "an e-mail address",
    // As HTML's <input type="email"> takes it.
    test: { literal: `/^[a-z0-9.!#$%&'*+/=?^_\`{|}~-]+@${LABEL}(?:\\.${LABEL})*$/i` },
    lengths: [3, Number.POSITIVE_INFINITY],
    isAscii: true,
    isOfJsonSchema: true,
  },
  uri: {
    words: "an absolute URI",
    test: { literal: "/^[a-z][a-z0-9+.-]*:(?:[\\w.~:/?#[\\]@!$&'()*+,;=-]|%[0-9a-f]{2})*$/i" },
    lengths: [2, Number.POSITIVE_INFINITY],
    isAscii: true,
    isOfJsonSchema: true,
  },
  date: {
    words: "a date as YYYY-MM-DD",
    test: {
      function: "isDate",
      code: IS_DATE,
      // It leaves the days of a month to who checks formats.
      schema: { pattern: `^[0-9]{4}-${MONTH_AND_DAY}$` },
    },
    lengths: [10, 10],
    isAscii: true,
    isOfJsonSchema: true,
  },
  hostname: {
    words: "a host name",
    test: {
      literal: `/^(?=.{1,253}\\.?$)${LABEL}(?:\\.${LABEL})*\\.?$/i`,
      schema: { pattern: `^${LABEL}(?:\\.${LABEL})*\\.?$`.replaceAll("a-z", "A-Za-z"), maxLength: 254 },
    },
    lengths: [1, 254],
    isAscii: true,
    isOfJsonSchema: true,
  },
  ipv4: {
    words: "an IPv4 address",
    test: { literal: `/^(?:${OCTET}\\.){3}${OCTET}$/` },
    lengths: [7, 15],
    isAscii: true,
    isOfJsonSchema: true,
  },
  ulid: {
    words: "a ULID",
    // The first character holds the highest three of 128 bits. I, L, O and U are left out.
    test: { literal: "/^[0-7][0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{25}$/" },
    lengths: [26, 26],
    isAscii: true,
    isOfJsonSchema: false,
  },
  e164: {
    words: "a phone number in E.164, like +4930123456",
    test: { literal: "/^\\+[1-9]\\d{1,14}$/" },
    lengths: [3, 16],
    isAscii: true,
    isOfJsonSchema: false,
  },
};

/** Their names, in the order in which they are told. */
export const TEXT_FORMAT_NAMES = Object.keys(TEXT_FORMATS) as readonly TextFormat[];

export function isTextFormat(name: unknown): name is TextFormat {
  return typeof name === "string" && Object.hasOwn(TEXT_FORMATS, name);
}
