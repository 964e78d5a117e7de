import { expect, test } from "vitest";
import { read, readEvent, useCaseText } from "./scratch-project.ts";

test("the package's Json is one type, wherever it stands and whatever it is called", () => {
  const event = readEvent(
    "json",
    `import { type Json, type Json as Anything } from "fivefold";
    import type * as all from "fivefold";
    type Payload = Json;
    interface Page<T> { items: T[] }
    interface Event {
      plain: Json; renamed: Anything; spaced: all.Json; alias: Payload; optional?: Json; orUndefined: Json | undefined; orNull: Json | null;
      list: Json[]; record: Record<string, Json>; sparse: Record<string, Json | undefined>; partial: Partial<{ x: Json }>; page: Page<Json>;
      pair: [string, Json]; patch: Pick<{ a: Json; b: string }, "a">;
    }`,
  );
  const [message, ...others] = event.messages;
  const types = Object.fromEntries(
    message!.fields.map(({ name, type, optional }) => [`${name}${optional ? "?" : ""}`, type]),
  );
  const json = { kind: "json" };
  expect(types).toEqual({
    plain: json,
    renamed: json,
    spaced: json,
    alias: json,
    "optional?": json,
    "orUndefined?": json,
    orNull: json,
    list: { kind: "array", items: json },
    record: { kind: "record", values: json },
    sparse: { kind: "record", values: json, sparse: true },
    partial: { kind: "message", name: "EventPartial" },
    page: { kind: "message", name: "PageOfJson" },
    pair: { kind: "message", name: "EventPair" },
    patch: { kind: "message", name: "EventPatch" },
  });
  expect(others.map(({ name, fields }) => [name, fields.map(({ type }) => type.kind)])).toEqual([
    ["EventPartial", ["json"]],
    ["PageOfJson", ["array"]],
    ["EventPair", ["text", "json"]],
    ["EventPatch", ["json"]],
  ]);
  expect(event.unions).toEqual([]);
});

test("another module's own recursive JSON type is a union like any other", () => {
  const event = readEvent(
    "own-json",
    `type Value = string | number | boolean | null | Value[] | { [key: string]: Value };
    interface Event { value: Value }`,
  );
  expect(event.unions.map(({ name, variants }) => [name, variants.map((variant) => variant.name)])).toEqual([
    ["Value", ["string", "number", "boolean", "list", "record"]],
  ]);
});

test("what says nothing of its values is refused, with Json as the way out", () => {
  const text = useCaseText(
    "",
    "{ a: any; b: unknown; c: Record<string, unknown>; d: unknown[] }",
    'owner: "team", handler: () => {}',
  );
  const { diagnostics } = read("unknown", { "usecases/a.ts": text });
  expect(diagnostics).toHaveLength(4);
  for (const { fix } of diagnostics) {
    expect(fix).toBe("Write the type that the values have, or fivefold's `Json` for whatever JSON can hold.");
  }
});
