/*
 * What JSON has no type for, as strings: as protobuf's JSON has them. Each function reads a string, and is `undefined`
 * where it is none of the kind.
 */

const RFC_3339 =
  /^(\d{4})-(\d{2})-(\d{2})T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;
const FIRST_MS = -62_135_596_800_000;
const LAST_MS = 253_402_300_799_999;
const DIGITS = /^(?:0|-?[1-9]\d{0,18})$/;
const UNSIGNED_DIGITS = /^(?:0|[1-9]\d{0,19})$/;

/** Of the years 1 to 9999; digits beyond the millisecond are cut off. */
export function timestampFromJson(value: unknown): Date | undefined {
  const match = typeof value === "string" ? RFC_3339.exec(value) : null;
  if (match === null || !isDay(Number(match[1]), Number(match[2]), Number(match[3]))) return undefined;
  const ms = Date.parse(match[0]);
  return ms >= FIRST_MS && ms <= LAST_MS ? new Date(ms) : undefined;
}

function isDay(year: number, month: number, day: number): boolean {
  // 400 years on, the calendar is the same, and Date takes no year for one of the 1900s.
  return (
    year > 0 && month >= 1 && month <= 12 && day >= 1 && day <= new Date(Date.UTC(year + 400, month, 0)).getUTCDate()
  );
}

/** Of 64 bits, in decimal digits. */
export function bigintFromJson(value: unknown): bigint | undefined {
  if (typeof value !== "string" || !DIGITS.test(value)) return undefined;
  const number = BigInt(value);
  return BigInt.asIntN(64, number) === number ? number : undefined;
}

/** The same, from 0 to 2^64 - 1. */
export function biguintFromJson(value: unknown): bigint | undefined {
  if (typeof value !== "string" || !UNSIGNED_DIGITS.test(value)) return undefined;
  const number = BigInt(value);
  return BigInt.asUintN(64, number) === number ? number : undefined;
}

/** In base64, with padding. */
export function bytesFromJson(value: unknown): Uint8Array | undefined {
  if (typeof value !== "string" || value.length % 4 !== 0) return undefined;
  const bytes = Buffer.from(value, "base64");
  // Buffer reads much that is no base64.
  return bytes.toString("base64") === value ? new Uint8Array(bytes) : undefined;
}

export function bytesToJson({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString("base64");
}
