import { describe, expect, test } from "vitest";
import { applyLock } from "../../compiler/lock/lock.ts";
import { lockCollisions } from "../../compiler/lock/lock-collisions.ts";
import { type Lock, readLock } from "../../compiler/lock/lock-file.ts";
import { mergeLocks } from "../../compiler/lock/merge-locks.ts";
import { writeLock } from "../../compiler/lock/write-lock.ts";
import type { Message, Type } from "../../compiler/model/model.ts";
import { list, message, messageRef, TEXT } from "./emit/models.ts";
import { numbersOf, read, releasedText } from "./lock-versions.ts";

type Fields = Readonly<Record<string, Type>>;

const optional = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).map(([name, type]) => [`${name}?`, type]));

/** An event, whose fields may have former names. */
function event(fields: Fields, was: Readonly<Record<string, string>> = {}, more: readonly Message[] = []) {
  const root = message("Root", optional(fields));
  const tagged = root.fields.map((field) => ({ ...field, ...(was[field.name] && { was: [was[field.name]!] }) }));
  return read([{ ...root, fields: tagged }, ...more]);
}

function build(lock: string | undefined, useCase: ReturnType<typeof read>) {
  const built = applyLock([useCase], lock);
  return { ...built, codes: built.diagnostics.map(({ code }) => code) };
}

/** The lock after a build, or after a build and a release. */
function built(lock: string | undefined, useCase: ReturnType<typeof read>): string {
  const { codes, lockText } = build(lock, useCase);
  expect(codes).toEqual([]);
  return lockText;
}

function released(lock: string | undefined, useCase: ReturnType<typeof read>): string {
  const { useCases } = build(lock, useCase);
  return releasedText(useCases, built(lock, useCase));
}

function merge(base: string | undefined, first: string, second: string) {
  const { lock, disputes } = mergeLocks(
    base === undefined ? new Map() : readLock(base),
    readLock(first),
    readLock(second),
  );
  return { text: writeLock(lock), disputes, root: lock.get("sample")!.messages.get("Root")! };
}

const names = (parts: readonly { readonly name: string; readonly number: number }[]) =>
  Object.fromEntries(parts.map(({ name, number }) => [name, number]));

describe("a branch that took the other's lock after they parted", () => {
  const first = released(undefined, event({ a: TEXT, b: TEXT }));

  test("has no field of its own under a name that the other has changed since", () => {
    const renamed = event({ a: TEXT, b2: TEXT }, { b2: "b" });
    const merged = merge(undefined, built(first, renamed), first);
    expect(names(merged.root.parts)).toEqual({ a: 1, b2: 2 });
    expect(build(merged.text, renamed).codes).toEqual([]);
  });

  test("collides in nothing by a new name", () => {
    const renamed = built(first, event({ a: TEXT, b2: TEXT }, { b2: "b" }));
    expect(lockCollisions(new Map(), readLock(first), readLock(renamed))).toEqual([]);
    const other = built(first, event({ a: TEXT, b: TEXT, c: TEXT }));
    const mine = built(first, event({ a: TEXT, b: TEXT, d: TEXT }));
    expect(lockCollisions(new Map(), readLock(other), readLock(mine))).toMatchObject([{ number: 3 }]);
  });

  test("keeps what the other has removed away, where both released on", () => {
    const there = released(first, event({ a: TEXT, c: TEXT }));
    const here = released(there, event({ a: TEXT, c: TEXT, d: TEXT }));
    const merged = merge(first, released(there, event({ a: TEXT, c2: TEXT }, { c2: "c" })), here);
    expect(merged.disputes).toEqual([{ useCase: "sample", version: 3 }]);
    expect(names(merged.root.parts)).toEqual({ a: 1, c2: 3, d: 4 });
    expect(names(merged.root.removed)).toEqual({ b: 2 });
  });
});

describe("a number that the other branch gave to something else", () => {
  test.each([
    ["of another type", { kind: "boolean" } as const],
    ["of the same type", TEXT],
  ])("is no new name, %s", (_, type) => {
    const base = built(undefined, event({ a: TEXT, b: TEXT }));
    const main = released(base, event({ a: TEXT, b: TEXT }));
    // It has renumbered what was not released yet.
    const work = released(undefined, event({ a: TEXT, c: type, b: TEXT }));
    const { root } = merge(base, main, work);
    expect(names(root.parts)).toEqual({ a: 1, b: 2, c: 4 });
  });
});

describe("a field to which two branches gave two names", () => {
  const first = released(undefined, event({ a: TEXT, b: TEXT }));
  const renamed = (name: string) => event({ a: TEXT, [name]: TEXT }, { [name]: "b" });

  test("is found by the one that was released, whichever name stays", () => {
    const main = built(first, renamed("c"));
    const work = released(first, renamed("d"));
    const { text } = merge(first, main, work);
    for (const name of ["c", "d"]) {
      const { codes, useCases } = build(text, renamed(name));
      expect(codes).toEqual([]);
      expect(numbersOf(useCases[0]!.event.messages[0]!)).toEqual({ a: 1, [name]: 2 });
    }
  });

  test("is not found by a name that it had in a release, without a tag: whether it means the same is not known", () => {
    const there = released(released(first, renamed("c")), event({ a: TEXT, d: TEXT }, { d: "c" }));
    for (const name of ["b", "c"]) {
      const fields = { a: TEXT, [name]: TEXT };
      expect(build(there, event(fields)).codes).toEqual(["name-reused"]);
      const { codes, useCases } = build(there, event(fields, { [name]: "d" }));
      expect(codes).toEqual([]);
      expect(numbersOf(useCases[0]!.event.messages[0]!)).toEqual({ a: 1, [name]: 2 });
    }
  });

  test("has the name that the sources have, where both have dropped the tag", () => {
    const [main, work] = [built(first, renamed("c")), built(first, renamed("d"))];
    const locks = [first, main, work].map((text) => readLock(text)) as [Lock, Lock, Lock];
    const nameWhere = (declared: readonly string[]) => {
      const { lock } = mergeLocks(...locks, (_, name) => declared.includes(name));
      return names(lock.get("sample")!.messages.get("Root")!.parts);
    };
    expect(nameWhere(["a", "d"])).toEqual({ a: 1, d: 2 });
    expect(nameWhere(["a", "c"])).toEqual({ a: 1, c: 2 });
    expect(nameWhere([])).toEqual({ a: 1, c: 2 });
  });

  test("has the name that the sources have, where one lock is what the other came from", () => {
    const renamed = released(first, event({ a: TEXT, b2: TEXT }, { b2: "b" }));
    const back = released(renamed, event({ a: TEXT, b: TEXT, c: TEXT }, { b: "b2" }));
    const merged = (declared: readonly string[]) => {
      const { lock } = mergeLocks(readLock(renamed), readLock(renamed), readLock(back), (_, name) =>
        declared.includes(name),
      );
      return names(lock.get("sample")!.messages.get("Root")!.parts);
    };
    expect(merged(["a", "b2", "c"])).toEqual({ a: 1, b2: 2, c: 3 });
    expect(merged(["a", "b", "c"])).toEqual({ a: 1, b: 2, c: 3 });
    expect(merged([])).toEqual({ a: 1, b: 2, c: 3 });
  });

  test("has the name that the sources have, where one branch alone renamed it and both released on", () => {
    const parted = released(first, renamed("c"));
    const main = released(parted, event({ a: TEXT, c: TEXT, d: TEXT }));
    const work = released(parted, event({ a: TEXT, b: TEXT, e: TEXT }, { b: "c" }));
    const merged = (declared: readonly string[]) => {
      const locks = [parted, main, work].map((text) => readLock(text)) as [Lock, Lock, Lock];
      const { lock } = mergeLocks(...locks, (_, name) => declared.includes(name));
      return names(lock.get("sample")!.messages.get("Root")!.parts);
    };
    expect(merged(["a", "c", "d", "e"])).toEqual({ a: 1, c: 2, d: 3, e: 4 });
    expect(merged(["a", "b", "d", "e"])).toEqual({ a: 1, b: 2, d: 3, e: 4 });
    expect(merged([])).toEqual({ a: 1, b: 2, d: 3, e: 4 });
  });

  test("has the name that the sources have also in a type that was renamed as well", () => {
    const below = (type: string, fields: Fields, was: Readonly<Record<string, string>> = {}) => {
      const inner = message(type, optional(fields));
      const tagged = inner.fields.map((field) => ({ ...field, ...(was[field.name] && { was: [was[field.name]!] }) }));
      return event({ items: list(messageRef(type)) }, {}, [{ ...inner, fields: tagged }]);
    };
    const renamed = released(released(undefined, below("Line", { x: TEXT })), below("Line", { y: TEXT }, { y: "x" }));
    const back = released(renamed, below("Row", { x: TEXT, z: TEXT }, { x: "y" }));
    const merged = (declared: readonly string[]) => {
      const { lock } = mergeLocks(readLock(renamed), readLock(renamed), readLock(back), (_, name) =>
        declared.includes(name),
      );
      return names(lock.get("sample")!.messages.get("Row")!.parts);
    };
    expect(merged(["items", "y", "z"])).toEqual({ y: 1, z: 2 });
    expect(merged(["items", "x", "z"])).toEqual({ x: 1, z: 2 });
  });

  test("is found also in a type below, that was renamed as well", () => {
    const below = (type: string, name: string, was?: string) => {
      const inner = message(type, optional({ [name]: TEXT }));
      const fields = inner.fields.map((field) => ({ ...field, ...(was && { was: [was] }) }));
      return event({ items: list(messageRef(type)) }, {}, [{ ...inner, fields }]);
    };
    const base = released(undefined, below("Line", "x"));
    const work = released(released(base, below("Line", "y", "x")), below("Row", "y"));
    const { codes, useCases } = build(work, below("Entry", "z", "x"));
    expect(codes).toEqual([]);
    expect(numbersOf(useCases[0]!.event.messages[1]!)).toEqual({ z: 1 });
  });

  test("is not found by a name that stands for another one beside it", () => {
    const work = released(first, renamed("d"));
    const both = event({ a: TEXT, d: TEXT, c: TEXT }, { c: "b" });
    expect(build(work, both).codes).toEqual(["unknown-former-name"]);
  });
});
