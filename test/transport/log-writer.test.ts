import { expect, test } from "vitest";
import type { Append } from "../../runtime/adapters/embedded/topic/log.ts";
import { createLogWriter } from "../../runtime/adapters/embedded/topic/log-writer.ts";
import { FivefoldError } from "../../runtime/contract/errors.ts";
import { records } from "./records.ts";

/** A writer on a log that answers each append as told. */
function openWriter(appends: readonly ((appends: readonly Append[]) => boolean[])[], hasRoom = () => true) {
  let calls = 0;
  return createLogWriter(
    { append: async (all) => appends[calls++]!(all), head: () => 0 },
    {
      checkRoom() {
        if (!hasRoom()) throw new FivefoldError("storage-full", "No room.");
      },
      explain: (error) => (error instanceof FivefoldError ? error : new FivefoldError("storage-failed", String(error))),
      onAppended: () => {},
    },
  );
}

const fails = () => {
  throw new Error("the disk failed");
};
const mayBeStored = (publishing: Promise<void>) =>
  publishing.then(
    () => "stored",
    (error: FivefoldError) => error.mayBeStored,
  );

test("a publish that was not begun for want of room is not stored; one whose commit failed may be", async () => {
  expect(await mayBeStored(openWriter([], () => false).publish(records(2), () => 1))).toBe(false);
  expect(await mayBeStored(openWriter([fails]).publish(records(2), () => 1))).toBe(true);
});

test("of a publish in several partitions, one may be stored where there is no room for another any more", async () => {
  let room = true;
  const writer = openWriter(
    [
      (appends) => {
        room = false;
        // Another process was faster in the second partition.
        return appends.map(({ partition }) => partition === 1);
      },
    ],
    () => room,
  );
  const [first, second] = records(2);
  const publishing = writer.publish([first!, second!], ({ id }) => (id === first!.id ? 1 : 2));
  expect(await mayBeStored(publishing)).toBe(true);
});
