import { expect, test } from "vitest";
import type { Type } from "../../../compiler/model/model.ts";
import { enumsOf, fieldsOf } from "./event-parts.ts";
import { readEvent } from "./scratch-project.ts";

test("null: beside a type, by itself, inside lists and records, and apart from absence", () => {
  const event = readEvent(
    "nulls",
    `type Kind = "a" | "b";
    type Maybe<T> = T | null;
    interface Part { x: Maybe<string> }
    interface Event {
      text: string | null; both?: Kind | null; union: null | undefined | Kind; nothing: null; absent?: null; never?: never;
      gone?: undefined; yes: boolean | null; part: Maybe<Part>; list: Maybe<Maybe<number>[]>; record: Record<string, Part | null>;
      short: Text<{ maxLength: 5 }> | null; partial: Partial<Record<"a", Date | null>>;
    }`,
  );
  const of = (type: Type): Type => ({ kind: "nullable", of: type });
  expect(fieldsOf(event, "Event")).toEqual({
    text: of({ kind: "text" }),
    "both?": of({ kind: "enum", name: "Kind" }),
    "union?": of({ kind: "enum", name: "Kind" }),
    nothing: { kind: "null" },
    "absent?": { kind: "null" },
    yes: of({ kind: "boolean" }),
    part: of({ kind: "message", name: "Part" }),
    list: of({ kind: "array", items: of({ kind: "float" }) }),
    record: { kind: "record", values: of({ kind: "message", name: "Part" }) },
    short: of({ kind: "text", maxLength: 5 }),
    partial: { kind: "message", name: "EventPartial" },
  });
  expect(fieldsOf(event, "EventPartial")).toEqual({ "a?": of({ kind: "timestamp" }) });
  expect(event.enums).toHaveLength(1);
});

test("literals of all kinds, in the order of the source, and enums with numbers by their members' names", () => {
  const event = readEvent(
    "literals",
    `enum State { Open, Closed = 5, Half }
    enum Mixed { No = 0, Yes = "yes" }
    const CODES = [500, 404] as const;
    type Status = 200 | 100;
    interface Page<N> { size: N }
    interface Event {
      one: 7; status: Status; wide: Status | 50; codes: (typeof CODES)[number]; either: true | "auto" | 1.5; any: boolean | "auto";
      state: State; some: State.Half | State.Open; mixed: Mixed; all: State | "x" | null; yes: true; no?: false; page: Page<10>;
    }`,
  );
  expect(enumsOf(event)).toEqual({
    EventOne: [7],
    Status: [200, 100],
    EventWide: [200, 100, 50],
    EventCodes: [404, 500],
    EventEither: [true, "auto", 1.5],
    EventAny: ["auto", false, true],
    State: [0, 5, 6],
    EventSome: [0, 6],
    Mixed: [0, "yes"],
    EventAll: [0, 5, 6, "x"],
    PageOfT10Size: [10],
  });
  const names = Object.fromEntries(
    event.enums.map(({ name, members }) => [name, members.map((member) => member.name)]),
  );
  expect(names).toMatchObject({
    State: ["Open", "Closed", "Half"],
    Mixed: ["No", "yes"],
    EventEither: ["true", "auto", "1.5"],
    EventAll: ["Open", "Closed", "Half", "x"],
  });
  expect(fieldsOf(event, "Event")).toMatchObject({ yes: { kind: "boolean", only: true }, "no?": { only: false } });
});
