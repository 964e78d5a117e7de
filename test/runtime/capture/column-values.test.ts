import { describe, expect, test } from "vitest";
import { type Column, readKnown, readRow } from "../../../runtime/capture/column-values.ts";

function tableOf(type: Column["type"], options: Partial<Column> = {}) {
  const column = { name: "c", type, list: false, nullable: false, optional: false, ...options };
  return { useCase: "greet", table: "sales.items", columns: [column] };
}

const read = (type: Column["type"], text: string | null, options: Partial<Column> = {}) =>
  readRow(tableOf(type, options), { c: text }).c;

describe("a column's text", () => {
  test.each<[Column["type"], string, unknown]>([
    ["text", "", ""],
    ["text", "12.3400", "12.3400"],
    ["number", "-1.5e-3", -0.0015],
    ["number", "9007199254740991", Number.MAX_SAFE_INTEGER],
    ["bigint", "-9223372036854775808", -(2n ** 63n)],
    ["boolean", "t", true],
    ["boolean", "f", false],
    ["date", "2026-01-31 08:30:00.123456+05:30", new Date("2026-01-31T03:00:00.123Z")],
    ["date", "2026-01-31 08:30:00+00", new Date("2026-01-31T08:30:00Z")],
    ["date", "2026-01-31 08:30:00", new Date("2026-01-31T08:30:00Z")],
    ["date", "2026-01-31", new Date("2026-01-31T00:00:00Z")],
    ["date", "12026-01-31", new Date("+012026-01-31T00:00:00Z")],
    ["bytes", "\\x00ff", new Uint8Array([0, 255])],
    ["json", '{"a":[1,null]}', { a: [1, null] }],
  ])("%s %s", (type, text, value) => expect(read(type, text)).toEqual(value));

  test.each<[Column["type"], string]>([
    ["number", "NaN"],
    ["number", "Infinity"],
    ["number", "9007199254740993"],
    ["bigint", "1.5"],
    ["boolean", "true"],
    ["date", "infinity"],
    ["date", "0044-03-15 BC"],
    ["date", "2026-02-31T"],
    ["json", "{"],
  ])("that is no %s names the column: %s", (type, text) => {
    expect(() => read(type, text)).toThrow(/^The column 'c' of sales.items holds .*'greet' reads it as/);
  });

  test.each<[string, unknown]>([
    ["{}", []],
    ["{1,-2}", ["1", "-2"]],
    ['{"a,b","q\\"\\\\",NULL-ish," "}', ["a,b", 'q"\\', "NULL-ish", " "]],
  ])("of a list: %s", (text, value) => expect(read("text", text, { list: true })).toEqual(value));

  test.each(["{{1},{2}}", "{1,NULL}", "[0:1]={1,2}", "{1,", "{,}"])("that is no list of one dimension: %s", (text) => {
    expect(() => read("text", text, { list: true })).toThrow(/The column 'c'/);
  });
});

test("NULL, what is not told, and what is not there", () => {
  expect(read("text", null, { nullable: true })).toBeNull();
  expect(() => read("text", null)).toThrow("The column 'c' of sales.items holds NULL");
  expect(readRow(tableOf("text", { optional: true }), { c: undefined })).toEqual({});
  expect(() => readRow(tableOf("text"), { c: undefined })).toThrow("REPLICA IDENTITY FULL");
  expect(() => readRow(tableOf("text"), { d: "" })).toThrow("sales.items has no column 'c' any more");
  expect(readKnown(tableOf("number"), { c: null })).toEqual({});
});
