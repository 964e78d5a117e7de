import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { applyLock } from "../../compiler/lock/lock.ts";
import type { Event, Type } from "../../compiler/model/model.ts";
import { isReservedNumber, NULL_FIELDS_NUMBER } from "../../compiler/model/protobuf.ts";
import { model } from "./emit/arbitrary.ts";
import { load } from "./emit/load.ts";
import {
  enumOf,
  enumRef,
  FLOAT,
  INT,
  list,
  message,
  messageRef,
  record,
  TEXT,
  unionOf,
  useCaseOf,
} from "./emit/models.ts";
import { evolve, numbersOf, read, unnumbered } from "./lock-versions.ts";

const UINT: Type = { kind: "int", wire: "uint32", min: 0, max: 10 };
const INT32: Type = { kind: "int", wire: "int32", min: -10, max: 10 };

describe("field numbers", () => {
  const before = read([message("Root", { a: TEXT, b: INT, c: TEXT })]);

  test("follow the declarations at first, and the version is 1", () => {
    const { event, lockText } = evolve(before);
    expect(numbersOf(event.messages[0]!)).toEqual({ a: 1, b: 2, c: 3 });
    expect(event.version).toBe(1);
    expect(lockText).toBe(`{
  "lockVersion": 1,
  "useCases": {
    "sample": {
      "version": 1,
      "event": "Root",
      "messages": {
        "Root": {
          "fields": {
            "a": { "number": 1, "type": "string" },
            "b": { "number": 2, "type": "int64" },
            "c": { "number": 3, "type": "string" }
          }
        }
      },
      "enums": {}
    }
  }
}
`);
  });

  test("stay when fields are reordered, and the lock stays as it is", () => {
    const first = evolve(before);
    const again = applyLock([read([message("Root", { c: TEXT, a: TEXT, b: INT })])], first.lockText);
    expect(numbersOf(again.useCases[0]!.event.messages[0]!)).toEqual({ c: 3, a: 1, b: 2 });
    expect(again.lockText).toBe(first.lockText);
  });

  test("of removed fields are never used again, but by the field itself", () => {
    const removed = read([message("Root", { a: TEXT, b: INT })]);
    const added = read([message("Root", { d: TEXT, a: TEXT, b: INT })]);
    expect(evolve(before, removed).event.messages[0]!.removed).toEqual([{ name: "c", number: 3 }]);
    expect(numbersOf(evolve(before, removed, added).event.messages[0]!)).toEqual({ d: 4, a: 1, b: 2 });
    const { event } = evolve(before, removed, added, before);
    expect(numbersOf(event.messages[0]!)).toEqual({ a: 1, b: 2, c: 3 });
    expect(event.messages[0]!.removed).toEqual([{ name: "d", number: 4 }]);
  });

  test("of a field that comes back as something else are new, each time", () => {
    const without = read([message("Root", { a: TEXT, b: INT })]);
    const asFloat = read([message("Root", { a: TEXT, b: INT, c: FLOAT })]);
    const asBoolean = read([message("Root", { a: TEXT, b: INT, c: { kind: "boolean" } })]);
    const { event } = evolve(before, without, asFloat, without, asBoolean);
    expect(numbersOf(event.messages[0]!)).toEqual({ a: 1, b: 2, c: 5 });
    expect(event.messages[0]!.removed).toEqual([
      { name: "c", number: 3 },
      { name: "c", number: 4 },
    ]);
    expect(numbersOf(evolve(before, without, asFloat, without, asFloat).event.messages[0]!)).toMatchObject({ c: 4 });
  });

  test("leave out those that protobuf and the codec keep for themselves", () => {
    const fields = Object.fromEntries(Array.from({ length: 3 }, (_, i) => [`f${i}`, TEXT]));
    const { lockText } = evolve(read([message("Root", fields)]));
    const late = lockText.replace('"number": 3', `"number": ${NULL_FIELDS_NUMBER - 1}`);
    const { useCases } = applyLock([read([message("Root", { ...fields, f3: TEXT, f4: TEXT })])], late);
    expect(numbersOf(useCases[0]!.event.messages[0]!)).toMatchObject({ f2: 18_997, f3: 20_000, f4: 20_001 });
    expect([18_998, 18_999, 19_000, 19_999].every(isReservedNumber)).toBe(true);
  });

  test("are found below the largest, once that is used", () => {
    const { lockText } = evolve(before);
    const last = lockText.replace('"number": 3', '"number": 536870911');
    const { useCases } = applyLock([read([message("Root", { a: TEXT, b: INT, c: TEXT, d: TEXT })])], last);
    expect(numbersOf(useCases[0]!.event.messages[0]!)).toEqual({ a: 1, b: 2, c: 536_870_911, d: 3 });
  });
});

describe("enum members", () => {
  test("keep their numbers likewise", () => {
    const root = message("Root", { kind: enumRef("Kind") });
    const versions = [
      ["a", "b"],
      ["b", "c"],
      ["c", "a", "b", "d"],
    ].map((values) => read([root], [enumOf("Kind", ...values)]));
    const { event } = evolve(...versions);
    expect(event.enums[0]!.members).toEqual([
      { name: "c", value: "c", number: 3 },
      { name: "a", value: "a", number: 1 },
      { name: "b", value: "b", number: 2 },
      { name: "d", value: "d", number: 4 },
    ]);
    expect(evolve(...versions.slice(0, 2)).event.enums[0]!.removed).toEqual([{ name: "a", number: 1 }]);
  });
});

describe("a use case", () => {
  test("keeps its entry when it disappears, and is found again when it returns", () => {
    const [one, two] = ["one", "two"].map((name) => read([message("Root", { a: TEXT, b: TEXT })], [], name));
    const both = applyLock([one!, two!], undefined);
    const alone = applyLock([two!], both.lockText);
    expect(alone.lockText).toBe(both.lockText);
    const back = applyLock([read([message("Root", { b: TEXT })], [], "one")], alone.lockText);
    expect(numbersOf(back.useCases[0]!.event.messages[0]!)).toEqual({ b: 2 });
  });
});

describe("a renamed type", () => {
  const kind = enumOf("Kind", "a", "b");
  const before = read(
    [
      message("Root", { part: messageRef("Part"), parts: record(list(messageRef("Part"))) }),
      message("Part", { b: TEXT, a: TEXT, kind: enumRef("Kind") }),
    ],
    [kind],
  );
  const renamed = read(
    [
      message("Event", { part: messageRef("Piece"), parts: record(list(messageRef("Piece"))) }),
      message("Piece", { a: TEXT, b: TEXT, kind: enumRef("Sort") }),
    ],
    [enumOf("Sort", "b", "a")],
  );

  test("keeps its numbers, for the wire knows no names of types", () => {
    const { event, lockText } = evolve(before, renamed);
    expect(event.messages.map(numbersOf)).toEqual([
      { part: 1, parts: 2 },
      { a: 2, b: 1, kind: 3 },
    ]);
    expect(event.enums[0]!.members).toEqual([
      { name: "b", value: "b", number: 2 },
      { name: "a", value: "a", number: 1 },
    ]);
    expect(lockText).not.toMatch(/Root|Part"|Kind/);
  });

  test("is known to fields that were removed, too", () => {
    const without = read([message("Event", { part: messageRef("Piece") }), message("Piece", { a: TEXT })]);
    const { event } = evolve(before, without, renamed);
    expect(event.messages.map(numbersOf)).toEqual([
      { part: 1, parts: 2 },
      { a: 2, b: 1, kind: 3 },
    ]);
  });

  test("may be two types from now on, each with the numbers of the one", () => {
    const split = read([
      message("Root", { part: messageRef("Piece"), parts: record(list(messageRef("Part"))) }),
      message("Piece", { a: TEXT }),
      message("Part", { a: TEXT, c: TEXT }),
    ]);
    expect(evolve(before, split).event.messages.map(numbersOf)).toEqual([
      { part: 1, parts: 2 },
      { a: 2 },
      { a: 2, c: 4 },
    ]);
  });
});

describe("a field whose type has changed on the wire", () => {
  const PART = message("Part", { a: TEXT });
  const OTHER = message("Other", { x: INT, a: TEXT });

  test.each<[string, Type, Type]>([
    ["string", TEXT, INT],
    ["int64", INT, UINT],
    ["double", FLOAT, INT],
    ["bool", { kind: "boolean" }, INT],
    ["timestamp", { kind: "timestamp" }, INT],
    ["bytes", { kind: "bytes" }, TEXT],
    ["repeated string", list(TEXT), TEXT],
    ["string", TEXT, list(TEXT)],
    ["repeated int64", list(INT), list(FLOAT)],
    ["map<string, string>", record(TEXT), record(INT)],
    ["map<string, repeated string>", record(list(TEXT)), record(TEXT)],
    ["message Part", messageRef("Part"), messageRef("Other")],
    ["enum Kind", enumRef("Kind"), TEXT],
  ])("from %s is refused, with both types and where", (old, from, to) => {
    const version = (type: Type) =>
      read(
        [message("Root", { x: type, part: messageRef("Part"), other: messageRef("Other") }), PART, OTHER],
        [enumOf("Kind", "a")],
      );
    const { lockText } = evolve(version(from));
    const { diagnostics, lockText: next } = applyLock([version(to)], lockText);
    expect(diagnostics).toMatchObject([{ code: "field-type-changed", span: { file: "usecases/sample.ts" } }]);
    expect(diagnostics[0]!.message).toContain(`'x' of Root was '${old}' on the wire`);
    expect(next).toBe(lockText);
  });

  test.each<[string, Type, Type]>([
    ["int32 to int64", INT32, INT],
    ["int64 to int32", INT, INT32],
    ["uint32 to int64", UINT, INT],
    ["uint32 to uint64", UINT, { ...UINT, wire: "uint64" } as Type],
    ["int64 to bigint", INT, { kind: "bigint" }],
    ["bigint to int32", { kind: "bigint" }, INT32],
    ["rules of a text", TEXT, { kind: "text", maxLength: 5, format: "uuid" }],
    ["a list's rules", list(INT32), { kind: "array", items: INT, maxItems: 5 }],
  ])("from %s is compatible, and records of before are read right", (_, from, to) => {
    const [old, now] = [from, to].map((type) => evolve(read([message("Root", { "x?": type })])).event);
    evolve(read([message("Root", { x: from })]), read([message("Root", { x: to })]));
    const [writer, reader] = [old!, now!].map((event) => load({ ...useCaseOf("sample", event.messages), event }));
    const value = {
      x: from.kind === "array" ? [7, 0] : from.kind === "text" ? "text" : from.kind === "bigint" ? 7n : 7,
    };
    const expected = to.kind === "bigint" ? { x: 7n } : from.kind === "bigint" ? { x: 7 } : value;
    expect(reader!.decode(writer!.encode(value))).toEqual(expected);
  });

  test("an event that is another message of its own is refused", () => {
    const { lockText } = evolve(read([message("Root", { part: messageRef("Part") }), PART]));
    expect(applyLock([read([PART])], lockText).diagnostics).toMatchObject([{ code: "event-type-changed" }]);
  });

  test.each(["Root", "Other"])("an event that was a message and is a union, called %s, is refused", (name) => {
    const { lockText } = evolve(read([message("Root", { id: TEXT })]));
    const parts = [message("A", { a: TEXT }), message("B", { b: TEXT })];
    const useCase = useCaseOf("sample", parts, [], {}, [unionOf(name, messageRef("A"), messageRef("B"))]);
    const now = unnumbered({ ...useCase, event: { ...useCase.event, name } });
    expect(applyLock([now], lockText).diagnostics.map(({ message }) => message)).toEqual([
      expect.stringContaining(`was message Root and is union ${name} now`),
    ]);
  });
});

test("any two versions: numbers of what stays stay, none is given twice, and the lock is stable", () => {
  fc.assert(
    fc.property(model, model, (first, second) => {
      const { useCases, lockText } = applyLock([unnumbered(first)], undefined);
      const again = applyLock(useCases, lockText);
      expect(again).toMatchObject({ useCases, lockText, diagnostics: [] });
      const next = applyLock([unnumbered(second)], lockText);
      if (next.diagnostics.length > 0) return;
      for (const now of next.useCases[0]!.event.messages) {
        const numbers = [...now.fields, ...(now.removed ?? [])].map(({ number }) => number);
        expect(new Set(numbers).size).toBe(numbers.length);
        expect(numbers.some((number) => number < 1 || isReservedNumber(number))).toBe(false);
      }
      for (const { name, number } of rootParts(useCases[0]!.event).parts) {
        const { parts, removed } = rootParts(next.useCases[0]!.event);
        const now = [...parts, ...removed].find((part) => part.name === name);
        expect(now!.number).toBe(number);
      }
    }),
    { numRuns: 300 },
  );
});

/** The root's fields, or its variants where it is a union. */
function rootParts({ name, messages, unions }: Event) {
  const union = unions.find((candidate) => candidate.name === name);
  const { removed = [] } = union ?? messages[0]!;
  return { parts: union?.variants ?? messages[0]!.fields, removed };
}
