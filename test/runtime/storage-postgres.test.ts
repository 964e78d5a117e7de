import { describe, expect, test } from "vitest";
import { postgresError } from "../../runtime/adapters/postgres/postgres-errors.ts";
import { textKey } from "../../runtime/adapters/text-key.ts";
import { FivefoldError } from "../../runtime/contract/errors.ts";

describe("what an error of PostgreSQL means", () => {
  const failure = (code: string, message = "as it was said") => Object.assign(new Error(message), { code });

  test.each([
    ["53100", "storage-full"],
    ["53300", "not-connected"],
    ["57P01", "not-connected"],
    ["57P03", "not-connected"],
    ["08006", "not-connected"],
    ["ECONNREFUSED", "not-connected"],
    ["28P01", "unauthorized"],
    ["3D000", "unauthorized"],
    ["42501", "storage-unwritable"],
    ["25006", "storage-unwritable"],
    ["42P01", "storage-failed"],
    ["40P01", "storage-failed"],
  ])("%s: %s", (code, expected) => {
    const error = postgresError(failure(code), "PostgreSQL (here)");
    expect(error.code).toBe(expected);
    expect(error.message).toMatch(/^PostgreSQL \(here\) .*as it was said/);
    expect(error.cause).toBeInstanceOf(Error);
  });

  test("a host whose addresses all fail has an error without a message of its own", () => {
    const error = postgresError(
      Object.assign(new AggregateError([new Error("connect ECONNREFUSED ::1:5432")], ""), { code: "ECONNREFUSED" }),
      "PostgreSQL",
    );
    expect(error.message).toContain("connect ECONNREFUSED ::1:5432");
  });

  test("what is thrown is kept where it is known, and survives where it is no error", () => {
    const known = new FivefoldError("closed", "closed");
    expect(postgresError(known, "PostgreSQL")).toBe(known);
    expect(postgresError("odd", "PostgreSQL").message).toContain("odd");
  });
});

describe("texts as keys", () => {
  test("ordinary ids are themselves", () => {
    for (const text of ["", "abc-1", "ü".repeat(200), "\u{1f600}", "a\nb"]) expect(textKey(text)).toBe(text);
  });

  test("what PostgreSQL can't hold, or an index can't, becomes a short text of its own", () => {
    const odd = ["a\0b", "a\0c", "\ud800", "\ud801", "\udc00\ud800", "x".repeat(201), "x".repeat(202), "sha256:abc"];
    const keys = odd.map(textKey);
    expect(new Set([...keys, ...odd]).size).toBe(2 * odd.length);
    for (const key of keys) {
      expect(key).toMatch(/^sha256:[\w-]{43}$/);
      // A text that looks like another's key must not become it.
      expect(textKey(key)).not.toBe(key);
    }
  });
});
