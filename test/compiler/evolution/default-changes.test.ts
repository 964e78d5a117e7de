import { describe, expect, test } from "vitest";
import { diffContracts } from "../../../compiler/diff/contract.ts";
import { changedReleases } from "../../../compiler/diff/diff.ts";
import { applyLock } from "../../../compiler/lock/lock.ts";
import { readLock } from "../../../compiler/lock/lock-file.ts";
import { retireVersions } from "../../../compiler/lock/release.ts";
import type { Field, Type, UseCase } from "../../../compiler/model/model.ts";
import { load } from "../emit/load.ts";
import { INT, message, nullable, record, TEXT } from "../emit/models.ts";
import { read, releasedText } from "../lock-versions.ts";

/** An event with an id and, where it is given, one more field. */
function event(type?: Type, { optional = false, defaultText }: Partial<Field> = {}): UseCase {
  const useCase = read([message("Order", { id: TEXT, ...(type && { [optional ? "extra?" : "extra"]: type }) })]);
  const [root] = useCase.event.messages;
  const fields = root!.fields.map((field) => {
    return field.name === "extra" && defaultText !== undefined ? { ...field, defaultText } : field;
  });
  return { ...useCase, event: { ...useCase.event, messages: [{ ...root!, fields }] } };
}

/** Releases each, which has to be accepted; returns the lock. */
function releasedLock(...versions: readonly UseCase[]): string {
  let lockText: string | undefined;
  for (const version of versions) {
    const { useCases, lockText: next, diagnostics } = applyLock([version], lockText);
    expect(diagnostics).toEqual([]);
    lockText = releasedText(useCases, next);
  }
  return lockText!;
}

const codesOf = (useCase: UseCase, lockText: string) =>
  applyLock([useCase], lockText).diagnostics.map(({ code }) => code);
const withDefault = (type: Type, defaultText: string) => event(type, { defaultText });

describe("what a field is in records that have none", () => {
  test.each<readonly [string, UseCase, UseCase]>([
    ["another text", withDefault(TEXT, '"eur"'), withDefault(TEXT, '"usd"')],
    ["another number", withDefault(INT, "1"), withDefault(INT, "2")],
    ["null, and then something", event(nullable(TEXT)), withDefault(nullable(TEXT), '"eur"')],
    ["something, and then null", withDefault(nullable(INT), "5"), event(nullable(INT))],
    ["empty, and then null", withDefault(nullable(record(TEXT)), "{}"), withDefault(nullable(record(TEXT)), "null")],
  ])("%s is refused where a release says otherwise", (_, before, after) => {
    const lockText = releasedLock(event(), before);
    expect(codesOf(before, lockText)).toEqual([]);
    expect(codesOf(after, lockText)).toEqual(["default-changed"]);
    // One that no release has is nobody's yet.
    expect(codesOf(after, releasedLock(event()))).toEqual([]);
    // No record without the field is left.
    expect(codesOf(after, retireVersions(lockText, "sample", 1))).toEqual([]);
  });

  test("the error says which records, and who reads them otherwise", () => {
    const lockText = releasedLock(event(), event(TEXT, { optional: true }), withDefault(TEXT, '"eur"'));
    const [found] = applyLock([withDefault(TEXT, '"usd"')], lockText).diagnostics;
    expect(found!.message).toBe(
      `'extra' of Order is "eur" in records of versions 1 and 2, which have none, as version 3 was released, and "usd" ` +
        "now: workers would read those that are still queued, delayed or dead-lettered in two ways.",
    );
    expect(found!.fix).toContain('Give it back its default, `/** @default "eur" */`');
  });

  test.each<readonly [string, UseCase, UseCase]>([
    ["of a field that all records have", withDefault(TEXT, '"eur"'), withDefault(TEXT, '"usd"')],
    [
      "of a field that may be absent",
      event(TEXT, { optional: true, defaultText: "1" }),
      event(TEXT, { optional: true }),
    ],
    ["that is written otherwise", withDefault(INT, "1"), withDefault(INT, "`1`")],
  ])("a tag may change %s", (_, before, after) => {
    expect(codesOf(after, releasedLock(before))).toEqual([]);
  });

  test("a null stays null in records of the version that wrote it, whatever a tag says later", () => {
    const lockText = releasedLock(event(nullable(TEXT)));
    const [useCase] = applyLock([withDefault(nullable(TEXT), '"eur"')], lockText).useCases;
    const { encode, decode } = load(useCase!);
    expect(useCase!.event.version).toBe(1);
    expect(decode(encode({ id: "a", extra: null }), 1)).toEqual({ id: "a", extra: null });
  });

  test("is in the lock, so that who alters it there is found out, and a diff shows it", () => {
    const lockText = releasedLock(event(), withDefault(TEXT, '"eur"'));
    const altered = lockText.replace('"default": "eur"', '"default": "usd"');
    expect(changedReleases(readLock(lockText), readLock(altered))).toEqual([
      { useCase: "sample", version: 2, kind: "altered" },
    ]);
    const versionOf = (defaultText: string) => {
      const { event: shape } = applyLock([withDefault(TEXT, defaultText)], lockText).useCases[0]!;
      return { shape, version: shape.version, state: "released" } as const;
    };
    expect(diffContracts(versionOf('"eur"'), versionOf('"eur"'))).toBeUndefined();
    expect(diffContracts(versionOf('"eur"'), versionOf('"usd"'))).toMatchObject({
      order: "breaking",
      changes: [
        {
          what: "Order.extra",
          was: 'text, @default "eur"',
          is: 'text, @default "usd"',
          effect: "new code reads it otherwise in records that have none",
        },
      ],
    });
  });
});
