import { describe, expect, test } from "vitest";
import { diffContracts } from "../../../compiler/diff/contract.ts";
import { applyLock } from "../../../compiler/lock/lock.ts";
import type { Enum, Message, UseCase } from "../../../compiler/model/model.ts";
import { enumOf, enumRef, INT, list, message, messageRef, nullable, TEXT } from "../emit/models.ts";
import { read, releasedText } from "../lock-versions.ts";

/** The message or enum with these former names, by the names of now. */
function tagged<T extends Message | Enum>(owner: T, was: Readonly<Record<string, string>>): T {
  const withTag = <P extends { readonly name: string }>(part: P) =>
    Object.hasOwn(was, part.name) ? { ...part, was: [was[part.name]!] } : part;
  return "fields" in owner
    ? { ...owner, fields: owner.fields.map(withTag) }
    : { ...owner, members: owner.members.map(withTag) };
}

function released(useCase: UseCase) {
  const { useCases, lockText } = applyLock([useCase], undefined);
  return { event: useCases[0]!.event, lockText: releasedText(useCases, lockText) };
}

const LETTERS = message("Order", { a: TEXT, b: TEXT, c: TEXT });
const KIND = enumOf("Kind", "red", "green");

describe("names that contradict each other", () => {
  test.each<readonly [string, UseCase, UseCase, readonly string[]]>([
    [
      "two fields exchanged",
      read([LETTERS]),
      read([tagged(LETTERS, { a: "b", b: "a" })]),
      [
        "'b' says that it was 'a', and names can't be exchanged",
        "'a' says that it was 'b', and names can't be exchanged",
      ],
    ],
    [
      "three fields in a ring",
      read([LETTERS]),
      read([tagged(LETTERS, { a: "b", b: "c", c: "a" })]),
      ["'b' is still there", "'c' is still there", "'a' is still there"],
    ],
    [
      "a field that takes another's place, which has gone",
      read([LETTERS]),
      read([tagged(message("Order", { b: TEXT, c: TEXT }), { b: "a" })]),
      ["the lock has 'b' with number 2 beside 'a', which had number 1"],
    ],
    [
      "values of an enum exchanged",
      read([message("Order", { kind: enumRef("Kind") })], [KIND]),
      read([message("Order", { kind: enumRef("Kind") })], [tagged(KIND, { red: "green", green: "red" })]),
      [
        "'green' says that it was 'red', and names can't be exchanged",
        "'red' says that it was 'green', and names can't be exchanged",
      ],
    ],
    [
      "types exchanged",
      read([message("Order", { x: messageRef("X"), y: messageRef("Y") }), message("X", { a: TEXT }), message("Y", {})]),
      read([
        message("Order", { x: messageRef("Y"), y: messageRef("X") }),
        { ...message("X", {}), was: ["Y"] },
        { ...message("Y", { a: TEXT }), was: ["X"] },
      ]),
      [
        "'Y' says that it was 'X', and names can't be exchanged",
        "'X' says that it was 'Y', and names can't be exchanged",
      ],
    ],
  ])("%s are reported", (_, before, after, reasons) => {
    const { lockText } = released(before);
    const found = applyLock([after], lockText).diagnostics.filter(({ code }) => code === "unknown-former-name");
    expect(found.map(({ message }) => /, but (.*?)\. What/.exec(message)?.[1])).toEqual(reasons);
    expect(applyLock([after], lockText).lockText).toBe(lockText);
  });

  test("a tag that comes after the field was built under its new name is reported, with the way back", () => {
    const first = applyLock([read([message("Order", { comment: TEXT })])], undefined);
    const added = read([message("Order", { "note?": TEXT })]);
    const second = applyLock([added], first.lockText);
    expect(second.diagnostics).toEqual([]);
    const late = read([tagged(message("Order", { "note?": TEXT }), { note: "comment" })]);
    const [found] = applyLock([late], second.lockText).diagnostics;
    expect(found!.message).toContain("the lock has 'note' with number 2 beside 'comment', which had number 1");
    expect(found!.fix).toContain("git checkout <commit> contracts.lock.json");
    expect(applyLock([late], first.lockText).useCases[0]!.event.messages[0]!.fields[0]).toMatchObject({ number: 1 });
  });

  test("a tag may stay once the lock has the new name", () => {
    const first = applyLock([read([message("Order", { comment: TEXT })])], undefined);
    const renamed = read([tagged(message("Order", { note: TEXT }), { note: "comment" })]);
    const second = applyLock([renamed], first.lockText);
    expect([...second.diagnostics, ...applyLock([renamed], second.lockText).diagnostics]).toEqual([]);
  });
});

describe("a required field beside one that has gone", () => {
  const mendOf = (before: UseCase, after: UseCase) => {
    const { diagnostics } = applyLock([after], released(before).lockText);
    return diagnostics.find(({ code }) => code === "required-field-added")!.fix;
  };

  test.each<readonly [string, UseCase, UseCase]>([
    ["a text", read([message("Order", { comment: TEXT })]), read([message("Order", { note: TEXT })])],
    ["a list", read([message("Order", { comment: list(INT) })]), read([message("Order", { note: list(INT) })])],
    [
      "one that could be null",
      read([message("Order", { comment: nullable(INT) })]),
      read([message("Order", { note: INT })]),
    ],
    [
      "an object whose type was renamed, too",
      read([message("Order", { comment: messageRef("Text") }), message("Text", { a: TEXT })]),
      read([message("Order", { note: messageRef("Words") }), message("Words", { a: TEXT })]),
    ],
  ])("%s: the first thing to do is to say that it was that one, and what is lost is named", (_, before, after) => {
    const fix = mendOf(before, after);
    expect(fix).toMatch(/^If it is 'comment' under a new name, say so .* `\/\*\* @was comment \*\/`\./);
    expect(fix).toContain("what they hold in 'comment' is lost to handlers either way");
  });

  test("of another type is another field", () => {
    const before = read([message("Order", { comment: { kind: "text", maxLength: 5 }, count: INT })]);
    expect(mendOf(before, read([message("Order", { note: TEXT })]))).toMatch(/^Make it optional/);
  });

  test("a diff asks the same of one that is optional, where nothing is refused", () => {
    const { event: old, lockText } = released(read([message("Order", { comment: TEXT, rest: INT })]));
    const { useCases, diagnostics } = applyLock([read([message("Order", { "note?": TEXT, rest: INT })])], lockText);
    expect(diagnostics).toEqual([]);
    const diff = diffContracts(
      { shape: old, version: 1, state: "released" },
      { shape: useCases[0]!.event, version: 2, state: "unreleased" },
    );
    expect(diff!.changes.find(({ kind }) => kind === "removed")).toMatchObject({
      what: "Order.comment",
      effect: expect.stringContaining(
        "new code ignores it in old records; if 'note' is it under a new name, tag that `@was comment`",
      ),
    });
  });
});
