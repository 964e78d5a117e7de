import { expect, test } from "vitest";
import { checkCluster } from "./check-cluster.ts";
import { createClusterHistory } from "./cluster-history.ts";
import type { Disturbance } from "./explain-repeats.ts";

const SECOND = 1_000_000;

/** What is wrong with what `worker-0`, and in lines that begin with `+` `worker-1`, told. */
function faultsOf(lines: readonly string[], disturbances: readonly Disturbance[] = []): string {
  const history = createClusterHistory();
  for (const line of lines) history.take(line.startsWith("+") ? "worker-1" : "worker-0", line.replace("+", ""));
  return checkCluster(history, disturbances).join("\n");
}

const handled = (kind: string, id: string, { task = "t1", from = 2, at = 3, earlyMs = 0 } = {}) =>
  `handled ${kind} default ${id} ${task} ${SECOND} ${from * SECOND} ${at * SECOND} ${earlyMs}`;
const accepted = (kind: string, ...ids: string[]) =>
  `accepted ${kind} 1 2 ${ids.map(() => 1).join("")} ${ids.join(" ")}`;

test("accepts what is right", () => {
  expect(faultsOf([accepted("plain", "p:k0:1"), handled("plain", "p:k0:1")])).toBe("");
});

test("finds what was lost, early, given up without a reason, out of order, overlapping, or accepted twice", () => {
  expect(faultsOf([accepted("plain", "p:k0:1")])).toContain("never handled");
  expect(faultsOf([handled("delayed", "p:k0:1", { earlyMs: 5 })])).toContain("5 ms before it was due");
  expect(faultsOf([handled("dead", "p:k0:7")])).toContain("its handler never takes it");
  const ordered = [accepted("ordered", "p:k0:1", "p:k0:2"), handled("ordered", "p:k0:2")];
  expect(faultsOf([...ordered, handled("ordered", "p:k0:1", { from: 3, at: 4 })])).toContain("ran after 2");
  expect(faultsOf([...ordered, `+${handled("ordered", "p:k0:1", { from: 2.5, at: 4 })}`])).toContain(
    "while p:k0:2 ran",
  );
  const tasks = ["t1", "t2"].map((task) => handled("deduplicated", "p:k0:1", { task }));
  expect(faultsOf(tasks)).toContain("accepted as t1 and as t2");
  const enqueue = accepted("deduplicated", "p:k0:1");
  expect(faultsOf([enqueue, enqueue, tasks[0]!])).toContain("accepted 2 times");
});

test("a repeat is explained by what happened to the broker, or to the worker that ran it first, before it was stored", () => {
  const twice = [handled("plain", "p:k0:1"), `+${handled("plain", "p:k0:1", { from: 8, at: 9 })}`];
  const killed = (who: string, at: number) =>
    ({ what: "worker killed", who, from: at * SECOND, until: at * SECOND }) as const;
  const broker = (from: number, until: number) =>
    ({ what: "broker", from: from * SECOND, until: until * SECOND }) as const;
  expect(faultsOf(twice)).toContain("for no reason");
  expect(faultsOf(twice, [killed("worker-0", 4)])).toBe("");
  expect(faultsOf(twice, [killed("worker-1", 4)])).toContain("for no reason");
  expect(faultsOf(twice, [killed("worker-0", 7)])).toContain("for no reason");
  expect(faultsOf(twice, [broker(0, 0.5)])).toContain("for no reason");
  expect(faultsOf(twice, [broker(5, 7)])).toBe("");
  expect(faultsOf(twice, [broker(7, 8)])).toContain("for no reason");
});
