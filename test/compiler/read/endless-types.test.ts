import { expect, test } from "vitest";
import { read, readEvent, useCaseText } from "./scratch-project.ts";

const faultsOf = (name: string, before: string) =>
  read(name, { "usecases/subject.ts": useCaseText(before, "Event", 'owner: "team", handler: () => {}') }).diagnostics;

test.each([
  ["itself", "type Event = { a: Event };", ["Event.a"]],
  ["itself, among other things", "interface Event { id: string; c: C } type C = { a: C };", ["C.a"]],
  ["another", "interface Event { a: A } interface A { b: B } interface B { a: A }", ["A.b, then B.a"]],
  ["a tuple", "type L = [L, string]; interface Event { l: L }", ["L.0"]],
  ["a list that is not empty", "interface A { more: [A, ...A[]] } interface Event { a?: A }", ["A.more"]],
  [
    "a union of which no part ends",
    'interface Event { d: D } interface D { of: { kind: "a"; d: D } | D2 } interface D2 { kind: "b"; d: D }',
    ["D.of, then DOf.DOfA, then DOfA.d"],
  ],
  ["two, each in itself", "interface Event { a: A; b: B } interface A { a: A } interface B { b: B }", ["A.a", "B.b"]],
  ["what leads to one that doesn't end", "interface Event { a: A } interface A { b: B } interface B { b: B }", ["B.b"]],
])("a type that holds %s by fields that are always there is refused once, at such a field", (name, before, ways) => {
  const found = faultsOf(`endless-${name}`.replaceAll(/\W/g, "-"), before);
  expect(found.map(({ code }) => code)).toEqual(ways.map(() => "endless-type"));
  expect(found.map(({ message }) => /holds itself by (.*), which is/.exec(message)?.[1])).toEqual(ways);
});

test("a type that may end does", () => {
  const before = `interface Event { a: A; l: L; m: M; n: N; u: U; e: [] }
interface A { b: B } interface B { a?: A } interface L { items: L[] } interface M { by: Record<string, M> }
interface N { next: N | null } interface U { of: U | string }`;
  expect(readEvent("ending", before).messages).toHaveLength(8);
});

test.each([
  ["itself beside a string", "type C = C | string; interface Event { c: C }", "type C = C | string"],
  ["itself through another", "type A = B | string; type B = A; interface Event { a: A }", "type A = B | string"],
  ["itself in an intersection", "type C = C & { a: string }; interface Event { c?: C }", "type C = C & { a: string }"],
  ["the event", "type Event = Event | { a: string };", "type Event = Event | { a: string }"],
])("an alias that is declared as %s is named for what it is", (name, before, declared) => {
  const [found, ...others] = faultsOf(`circular-${name}`.replaceAll(/\W/g, "-"), before);
  expect(others).toEqual([]);
  expect(found).toMatchObject({ code: "circular-type", span: { file: "usecases/subject.ts", line: 2 } });
  expect(found!.message).toContain(`declared as itself: \`${declared}\``);
});
