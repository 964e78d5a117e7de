import fc from "fast-check";
import { expect, test } from "vitest";
import { diffStates } from "../../compiler/diff/diff.ts";
import { currentState, readState } from "../../compiler/diff/state.ts";
import { emitManifest } from "../../compiler/emit/manifest.ts";
import { emitShapes } from "../../compiler/emit/shapes.ts";
import { applyLock } from "../../compiler/lock/lock.ts";
import { readLock } from "../../compiler/lock/lock-file.ts";
import { releaseVersions } from "../../compiler/lock/release.ts";
import type { UseCase } from "../../compiler/model/model.ts";
import { isSameShape } from "../../compiler/model/shape.ts";
import { runs } from "../property-runs.ts";
import { model } from "./emit/arbitrary.ts";
import { messageOf, TEXT, useCaseOf } from "./emit/models.ts";
import { releasedText } from "./lock-versions.ts";

const SPARSE = useCaseOf("sparse", [messageOf("Sparse", [["labels", { kind: "record", values: TEXT, sparse: true }]])]);

/** Whatever a model can hold is written, read back, compared and shown: by the lock, the shapes, the manifest and a diff. */
function expectKept(subject: UseCase): void {
  const first = applyLock([subject], undefined);
  expect(first.diagnostics).toEqual([]);
  const lockText = releasedText(first.useCases, first.lockText);

  // The next build, from the same sources: nothing is another.
  const again = applyLock([subject], lockText);
  expect(again.diagnostics).toEqual([]);
  expect(again.lockText).toBe(lockText);
  const lock = readLock(lockText);
  expect(releaseVersions(again.useCases, lock).released).toEqual([]);
  const [numbered] = again.useCases;
  const kept = lock.get(subject.name)?.releases.get(numbered!.event.version);
  expect(kept && isSameShape(kept, numbered!.event)).toBe(true);

  const files = {
    lock,
    shapes: emitShapes(again.useCases).text,
    manifest: emitManifest(again.useCases).text,
  };
  const before = readState(files);
  expect(isSameShape(before.get(subject.name)!.shape!, numbered!.event)).toBe(true);
  expect(diffStates(before, currentState(again.useCases, lock))).toMatchObject({ useCases: [], rollout: [] });
}

test("a model of any kind survives the lock, its shapes, the manifest and a diff", () => {
  fc.assert(fc.property(model, expectKept), { ...runs(60), seed: 11 });
});

test("a record whose values may be undefined is released, and read again", () => {
  expectKept(SPARSE);
});

test("a lock that says of a record that it is sparse, as was once written, is read, and the word means nothing", () => {
  const first = applyLock([SPARSE], undefined);
  const lockText = releasedText(first.useCases, first.lockText);
  const older = lockText.replace('"kind": "record", "values"', '"kind": "record", "sparse": true, "values"');
  expect(older).not.toBe(lockText);
  const again = applyLock([SPARSE], older);
  expect(again.diagnostics).toEqual([]);
  expect(again.useCases[0]?.event.version).toBe(1);
});

test("names that JavaScript has a meaning for are names like others", () => {
  expectKept(
    useCaseOf("odd", [
      messageOf(
        "Odd",
        ["1", "toString", "constructor", "hasOwnProperty", "valueOf"].map((name) => [name, TEXT]),
      ),
    ]),
  );
});
