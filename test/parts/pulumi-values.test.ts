import { expect, test } from "vitest";
import { hasUnknown, keepSecrets, plain } from "./pulumi-values.ts";

// As on Pulumi's wire.
const secret = (value: unknown) => ({
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  value,
});
const output = (fields: object) => ({
  "4dabf18193072939515e22adb298388d": "d0e6a833031e9bbcd3f4e8bde6ca49a4",
  ...fields,
});
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

test("marks of secrets and outputs go, values stay", () => {
  const marked = {
    name: "app",
    word: secret("hidden"),
    list: [output({ value: 1 }), { a: null }],
    both: output({ value: { deep: secret([0]) }, secret: true, dependencies: ["urn"] }),
  };
  expect(plain(marked)).toEqual({ name: "app", word: "hidden", list: [1, { a: null }], both: { deep: [0] } });
});

test("unknown values are found wherever they are", () => {
  expect(hasUnknown({ a: [{ b: UNKNOWN }] })).toBe(true);
  expect(hasUnknown({ a: secret(UNKNOWN) })).toBe(true);
  expect(hasUnknown({ a: output({ dependencies: [] }) })).toBe(true);
  expect(hasUnknown({ a: [{ b: secret("known") }], c: null, d: 0, e: output({ value: null }) })).toBe(false);
});

test("what was secret in a program's object is so in the server's", () => {
  const inputs = {
    env: [
      { name: "A", value: "open" },
      { name: "B", value: secret("hidden") },
    ],
    data: output({ value: { word: "hidden" }, secret: true }),
  };
  const stored = {
    env: [
      { name: "A", value: "open" },
      { name: "B", value: "hidden" },
    ],
    data: { word: "aGlkZGVu" },
    uid: "1",
  };
  expect(keepSecrets(inputs, stored)).toEqual({
    env: [
      { name: "A", value: "open" },
      { name: "B", value: secret("hidden") },
    ],
    data: secret({ word: "aGlkZGVu" }),
    uid: "1",
  });
});
