import { expect, test } from "vitest";
import { RetryError } from "../../../runtime/authoring/outcome.ts";
import { readTraceparent } from "../../../runtime/frontend/traceparent.ts";
import { openWorld } from "../world.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const PARENT = "b7ad6b7169203331";

test.each([
  ["sampled", `00-${TRACE}-${PARENT}-01`],
  ["not sampled", `00-${TRACE}-${PARENT}-00`],
  ["flags that are not known yet", `00-${TRACE}-${PARENT}-ff`],
])("passed on as it is: %s", (_, text) => expect(readTraceparent(text)).toBe(text));

test.each([
  ["of its length", `01-${TRACE}-${PARENT}-01`],
  ["with fields that this version doesn't know", `cc-${TRACE}-${PARENT}-01-what-the-future-will-be`],
])("of a newer version %s: as version 00", (_, text) => expect(readTraceparent(text)).toBe(`00-${TRACE}-${PARENT}-01`));

test.each([
  ["nothing", ""],
  ["some text", "trace me"],
  ["version ff", `ff-${TRACE}-${PARENT}-01`],
  ["version 00 with more fields", `00-${TRACE}-${PARENT}-01-more`],
  ["a newer version whose flags don't end", `01-${TRACE}-${PARENT}-01more`],
  ["a trace id of zeros", `00-${"0".repeat(32)}-${PARENT}-01`],
  ["a parent id of zeros", `00-${TRACE}-${"0".repeat(16)}-01`],
  ["capitals", `00-${TRACE.toUpperCase()}-${PARENT}-01`],
  ["a short trace id", `00-${TRACE.slice(1)}-${PARENT}-01`],
  ["a long parent id", `00-${TRACE}-${PARENT}0-01`],
  ["missing flags", `00-${TRACE}-${PARENT}`],
  ["spaces around", ` 00-${TRACE}-${PARENT}-01 `],
  ["a line's end", `00-${TRACE}-${PARENT}-01\n`],
  ["a version without digits", `0g-${TRACE}-${PARENT}-01`],
])("dropped: %s", (_, text) => expect(readTraceparent(text)).toBe(""));

test("the handler gets its caller's trace context in every try, and none that is malformed", async () => {
  const seen: unknown[] = [];
  const world = await openWorld({
    handlers: {
      default: ({ id }, { attempt, traceparent }) => {
        seen.push([id, attempt, traceparent]);
        if (id === "a" && attempt === 1) throw new RetryError("again", { after: "1s" });
      },
    },
  });
  const traceparent = `00-${TRACE}-${PARENT}-01`;
  await world.inTime(world.notes.enqueue({ id: "a" }, { traceparent, delay: "10s" }));
  await world.inTime(world.notes.enqueueAll([{ id: "b" }], { traceparent: "00-nothing" }));
  await world.clock.advance(60_000);
  expect(seen).toEqual([
    ["b", 1, ""],
    ["a", 1, traceparent],
    ["a", 2, traceparent],
  ]);
  await world.close();
});
