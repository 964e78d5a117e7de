import { expect, test } from "vitest";
import { checkCluster, readCluster } from "./check-cluster.ts";

const faultsOf = (...lines: string[]) => checkCluster(readCluster(lines, new Map()));

test("accepts what is right, and finds what was lost, early, out of order, or accepted twice", () => {
  expect(faultsOf("accepted plain p:k0:1", "handled plain default p:k0:1 t1 20 10")).toEqual([]);
  expect(faultsOf("accepted plain p:k0:1").join()).toContain("never handled");
  expect(faultsOf("handled delayed default p:k0:1 t1 10 20").join()).toContain("before they were due");
  const ordered = ["accepted ordered p:k0:1 p:k0:2", "handled ordered default p:k0:2 t2 10 0"];
  expect(faultsOf(...ordered, "handled ordered default p:k0:1 t1 20 0").join()).toContain("ran after 2");
  const twice = ["handled deduplicated default p:k0:1 t1 10 0", "handled deduplicated default p:k0:1 t2 20 0"];
  expect(faultsOf(...twice).join()).toContain("as t1 and as t2");
});
