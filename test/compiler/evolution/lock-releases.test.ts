import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { applyLock } from "../../../compiler/lock/lock.ts";
import { readLock } from "../../../compiler/lock/lock-file.ts";
import { LockFault } from "../../../compiler/lock/lock-json.ts";
import { writeLock } from "../../../compiler/lock/write-lock.ts";
import type { Event } from "../../../compiler/model/model.ts";
import { shapeJson } from "../../../compiler/model/shape.ts";
import { runs } from "../../property-runs.ts";
import { releasedText } from "../lock-versions.ts";
import { family } from "./family.ts";
import { type History, history } from "./history.ts";
import { kindOf } from "./kinds.ts";

/** The lock in which all versions of a history are released, whether or not they may be, and their events. */
function released({ versions }: History): { readonly lockText: string; readonly events: readonly Event[] } {
  let lockText: string | undefined;
  const events = versions.map(({ useCase }) => {
    const { useCases, lockText: next, diagnostics } = applyLock([useCase], lockText);
    if (diagnostics.length > 0) return undefined;
    lockText = releasedText(useCases, next);
    return useCases[0]!.event;
  });
  return { lockText: lockText!, events: events.filter((event) => event !== undefined) };
}

test("what the lock says of released versions is what they were, and is written as it was read", () => {
  for (const [i, one] of [...family()].entries()) {
    if (i % 11 > 0) continue;
    const { lockText, events } = released(one);
    const lock = readLock(lockText);
    expect(writeLock(lock)).toBe(lockText);
    for (const event of events) {
      expect(shapeJson(lock.get("sample")!.releases.get(event.version)!)).toEqual(shapeJson(event));
    }
  }
});

describe("released versions that can't be followed", () => {
  const { lockText } = released(
    history("list", [
      { kind: kindOf("[text,...int[]]"), presence: "optional" },
      undefined,
      { kind: kindOf("red|green"), presence: "optional", name: "g" },
    ]),
  );
  const start = lockText.indexOf('"released"');
  const edit = (from: string | RegExp, to: string) => {
    const edited = lockText.slice(start).replace(from, to);
    expect(edited).not.toBe(lockText.slice(start));
    return lockText.slice(0, start) + edited;
  };

  test.each<[string, string, string]>([
    ["a version that is no number", edit('"2": {', '"two": {'), "'two' is no version: versions are integers from 1"],
    ["a part of a version that is not there", edit('"Root": 1', '"Root": 3'), "no version 3 stands before it that has"],
    [
      "a rest before the last",
      edit(/(\[\s*\{ "number": 1, "type": "text")/, '$1, "rest": true'),
      "only the last element may be",
    ],
    ["a flag that is none", edit('"optional": true', '"optional": false'), "it must be true"],
    ["a number twice", edit('"number": 2', '"number": 1'), "number 1 is there twice"],
    ["a message that is missing", edit('"name": "Part"', '"name": "Whole"'), "the message 'Whole' is missing"],
    ["an event that is missing", edit('"event": "Root"', '"event": "Toor"'), "the event 'Toor' is missing"],
    ["a type that is none", edit('"type": "text"', '"type": "words"'), "'words' is no kind of type"],
  ])("%s", (_, text, reason) => {
    expect(() => readLock(text)).toThrow(LockFault);
    expect(() => readLock(text)).toThrow(reason);
  });

  test("numbers out of order are read in their order, as they are written", () => {
    const lock = readLock(edit('"number": 1', '"number": 11'));
    expect(readLock(writeLock(lock))).toEqual(lock);
  });

  test("with any part cut out or changed, end in a fault or a lock, never in a crash", () => {
    const edits = fc.record({
      at: fc.integer({ min: start, max: lockText.length }),
      remove: fc.nat(20),
      add: fc.constantFrom("", "{", "}", "[", "]", '"', ",", "1", "null", "\n"),
    });
    fc.assert(
      fc.property(edits, ({ at, remove, add }) => {
        const text = lockText.slice(0, at) + add + lockText.slice(at + remove);
        try {
          expect(readLock(writeLock(readLock(text)))).toEqual(readLock(text));
        } catch (fault) {
          if (!(fault instanceof LockFault)) throw fault;
        }
      }),
      runs(500),
    );
  });
});
