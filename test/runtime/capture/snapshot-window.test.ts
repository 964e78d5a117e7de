import { expect, test } from "vitest";
import { createSnapshotWindow, parseVisibility, sees } from "../../../runtime/capture/snapshot-window.ts";

test("a query sees what had ended when it began, also where the log's 32 bits have gone round", () => {
  const seen = parseVisibility("100:110:100,105");
  expect([99, 100, 101, 105, 109, 110, 111].map((xid) => sees(seen, xid))).toEqual([
    ...[true, false, true, false, true, false, false],
  ]);
  const round = 2n ** 32n;
  const late = parseVisibility(`${5n * round - 3n}:${5n * round + 4n}:${5n * round - 2n}`);
  expect([2 ** 32 - 4, 2 ** 32 - 2, 2 ** 32 - 1, 3, 4].map((xid) => sees(late, xid))).toEqual([
    ...[true, false, true, true, false],
  ]);
});

test("a row that was told in a transaction which a query did not see is left out, however long ago", () => {
  const window = createSnapshotWindow();
  window.begin(100, 1n);
  window.changed("a");
  window.begin(101, 2n);
  window.changed("b");
  window.begin(102, 3n);
  // Committed, and told, and still not seen by others: a standby is waited for.
  expect([...window.newest(["a", "b", "c"], parseVisibility("100:102:100"))]).toEqual(["b", "c"]);
  expect(window.confirmable(9n)).toBe(1n);
  window.begin(103, 4n);
  expect([...window.newest(["a", "b"], parseVisibility("103:103:"))]).toEqual(["a", "b"]);
  expect(window.confirmable(9n)).toBe(9n);
});

test("of an emptied table no row is left", () => {
  const window = createSnapshotWindow();
  window.begin(100, 1n);
  window.truncated();
  window.begin(101, 2n);
  expect(window.newest(["a"], parseVisibility("100:100:")).size).toBe(0);
});
