import { describe, expect, test } from "vitest";
import type { TextType } from "../../../compiler/model/model.ts";
import { read, readEvent, useCaseText } from "./scratch-project.ts";

/** TypeScript's template literals, from texts with their placeholders in braces. */
function templates(text: string): string {
  return text.replaceAll("{", "${");
}

/** The types of an event's fields, which are all texts. */
function texts(name: string, before: string, fields: string): Record<string, TextType> {
  const [message] = readEvent(name, before, `{ ${fields} }`).messages;
  return Object.fromEntries(message!.fields.map((field) => [field.name, field.type as TextType]));
}

test("brands are told apart by TypeScript alone: the value is what carries them", () => {
  const event = readEvent(
    "brands",
    `declare const tag: unique symbol;
    type Brand<T, N> = T & { readonly __brand: N };
    type Tagged<T, N extends string> = T & { readonly [tag]: N };
    type UserId = Brand<string, "UserId">;
    type Cents = Tagged<number, "Cents">;
    type Code = Brand<Text<{ maxLength: 8 }>, "Code">;
    interface Event {
      id: UserId; amount: Cents; code: Code; at: Brand<Date, "At">; raw: Brand<Uint8Array, "Raw">; ids: Brand<UserId[], "Ids">;
      many: UserId[]; maybe?: UserId | null; kind: Brand<"a" | "b", "Kind">; flag: Brand<boolean, "Flag">; any: string & {};
      record: Record<string, Cents>; keyed: Record<UserId, string>;
    }`,
  );
  expect(Object.fromEntries(event.messages[0]!.fields.map(({ name, type }) => [name, type]))).toEqual({
    id: { kind: "text" },
    amount: { kind: "float" },
    code: { kind: "text", maxLength: 8 },
    at: { kind: "timestamp" },
    raw: { kind: "bytes" },
    ids: { kind: "array", items: { kind: "text" } },
    many: { kind: "array", items: { kind: "text" } },
    maybe: { kind: "nullable", of: { kind: "text" } },
    kind: { kind: "enum", name: "EventKind" },
    flag: { kind: "boolean" },
    any: { kind: "text" },
    record: { kind: "record", values: { kind: "float" } },
    keyed: { kind: "record", values: { kind: "text" } },
  });
  expect(event.enums[0]?.members.map(({ value }) => value)).toEqual(["a", "b"]);
});

test("a union with `string` is a string, whatever else it proposes", () => {
  const types = texts("proposals", "", 'a: "x" | string; b: "x" | "y" | (string & {}); c: Uppercase<string> | "x"');
  expect(types).toEqual({ a: { kind: "text" }, b: { kind: "text" }, c: { kind: "text" } });
});

test("rules that differ are no union", () => {
  const text = useCaseText("", '{ a: Text<{ maxLength: 1 }> | "x" }', 'owner: "team", handler: () => {}');
  const { diagnostics } = read("mixed-rules", { "usecases/a.ts": text });
  expect(diagnostics).toMatchObject([{ code: "unsupported-type", fix: expect.stringContaining("Write one `Text") }]);
});

describe("template literals", () => {
  const DIGITS = "1".repeat(30_000);

  test.each<[type: string, good: readonly string[], bad: readonly string[]]>([
    ["`order-{string}`", ["order-", "order-1\n2"], ["order", "xorder-1", "Order-1"]],
    ["`{string}.png`", [".png", "a\n.png"], ["png", "a.png "]],
    ["`{string}@{string}`", ["@", "a@b", "a@b@c"], ["a", ""]],
    ["`v{number}`", ["v1", "v-1.5", "v.5", "v1e9", "v+1."], ["v", "va", "v1.2.3", "v1 "]],
    ["`v{number}.{number}.{number}`", ["v1.2.3"], ["v1.2", "v1.2.3.x"]],
    ["`{bigint}n`", ["5n", "-5n"], ["5.0n", "n"]],
    ["`<{string}>`", ["<>", "<a>b>", "<\n>"], ["<", "a<>", "<>b"]],
    ["`{'a' | 'b'}-{string}`", ["a-", "b-x"], ["c-", "a"]],
    ["`a-{string}` | `b-{number}` | 'none'", ["a-", "b-1", "none"], ["b-", "nones", "x"]],
    ["`[{string}](/{string}`", ["[a](/b", "[](/"], ["[a]/b", "a(/b"]],
    ["`{string}-{number}`", ["a-1", "-1", "--1"], ["a-", "1"]],
  ])("%s", (type, good, bad) => {
    const { pattern } = texts("templates", "", `value: ${templates(type)}`).value!;
    const expression = new RegExp(pattern!, "u");
    expect(good.filter((text) => !expression.test(text))).toEqual([]);
    expect(bad.filter((text) => expression.test(text))).toEqual([]);
    const start = performance.now();
    for (const text of [
      `${DIGITS}x`,
      `v${DIGITS}x`,
      "-".repeat(30_000),
      "<>x".repeat(10_000),
      `${"a@".repeat(9_000)}\n`,
    ]) {
      expression.test(text);
    }
    expect(performance.now() - start).toBeLessThan(500);
  });

  test("of which no fast pattern is known are plain strings", () => {
    const types = texts(
      "slow",
      "",
      templates("a: `{string}-{string}-{string}`; b: `x{string}{number}`; c: `a{string}b{string}c`"),
    );
    expect(types).toEqual({ a: { kind: "text" }, b: { kind: "text" }, c: { kind: "text" } });
  });
});
