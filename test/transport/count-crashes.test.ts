import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openFolderCrashStore } from "../../runtime/adapters/embedded/folder-crash-store.ts";
import { createMemoryTransport } from "../../runtime/adapters/memory/memory.ts";
import { systemClock } from "../../runtime/contract/clock.ts";
import type { FivefoldError } from "../../runtime/contract/errors.ts";
import { countCrashes } from "../../runtime/crashes/count-crashes.ts";
import { openStartMarks } from "../../runtime/crashes/start-marks.ts";
import { record } from "./records.ts";

function places() {
  const folder = mkdtempSync(join(tmpdir(), "fivefold-counts-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return { marks: join(folder, "marks"), counts: join(folder, "counts") };
}

/** A process that is killed once it has marked what the code says. */
async function killAfterMarking(folder: string, code: string): Promise<void> {
  const text = `
    import { systemClock } from "./runtime/contract/clock.ts";
    import { openStartMarks } from "./runtime/crashes/start-marks.ts";
    const marks = await openStartMarks(${JSON.stringify(folder)}, systemClock);
    const of = (...ids) => ids.map((id) => ({ topic: "notes", subscription: "s", id, crashes: 0 }));
    ${code}
    console.log("there");
    setInterval(() => {}, 1_000);`;
  const child = spawn(process.execPath, ["--input-type=module-typescript", "-e", text], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  await Promise.race([new Promise((resolve) => child.stdout.once("data", resolve)), ended]);
  child.kill("SIGKILL");
  await ended;
}

/** A consumer of what every test publishes anew, in a process of its own as far as counts go. */
async function consume({ marks, counts }: ReturnType<typeof places>) {
  const problems: FivefoldError[] = [];
  const transport = countCrashes(createMemoryTransport({ clock: systemClock }), {
    openStore: async () => openFolderCrashStore(counts, systemClock.now),
    folder: marks,
    clock: systemClock,
    reportProblem: (problem) => problems.push(problem),
  });
  onTestFinished(() => transport.close());
  await transport.declare([{ name: "notes", ordered: false, subscriptions: ["s"] }]);
  const producer = await transport.producer("notes");
  await producer.publish(["a", "b", "c", "d"].map((id) => record(id)));
  const consumer = await transport.subscribe("notes", "s", "shared");
  const messages = await consumer.receive(4);
  const suspects = messages.filter(({ crashes }) => crashes !== undefined);
  return { transport, consumer, messages, problems, suspects: suspects.map(({ id, crashes }) => `${id} ${crashes}`) };
}

test("what a killed process had started, and had not settled, is suspect to others, until it is settled", async () => {
  const at = places();
  await killAfterMarking(at.marks, `marks.start(of("a", "b", "c")); marks.end(of("b"));`);
  const first = await consume(at);
  expect(first.suspects).toEqual(["a 0", "c 0"]);
  await first.consumer.rememberCrashes!(first.messages.slice(0, 1), 2);
  await killAfterMarking(at.marks, `marks.start(of("a", "d"));`);

  const second = await consume(at);
  expect(second.suspects).toEqual(["a 2", "c 0", "d 0"]);
  await second.consumer.acknowledge(second.messages);
  expect(readdirSync(at.counts)).toEqual([]);
  expect((await consume(at)).suspects).toEqual([]);
  expect([...first.problems, ...second.problems]).toEqual([]);
});

test("who can still say what ends it leaves only that, and its count", async () => {
  const at = places();
  const last = `marks.start(of("a", "b", "c")); marks.endNow([]); marks.endNow([{ ...of("c")[0], crashes: 1 }]);`;
  await killAfterMarking(at.marks, last);
  expect((await consume(at)).suspects).toEqual(["c 1"]);
});

test("what runs long is not forgotten when the marks are written anew, and damage is no suspicion", async () => {
  const at = places();
  const many = `marks.start(of("a"));
    for (let i = 0; i < 300; i++) { const all = of(...Array.from({ length: 50 }, (_, n) => "x".repeat(50) + i + " " + n)); marks.start(all); marks.end(all); }
    marks.start(of("d"));`;
  await killAfterMarking(at.marks, many);
  const [name = ""] = readdirSync(at.marks).filter((file) => file !== "running");
  const file = join(at.marks, name);
  const { length } = readFileSync(file);
  expect(length).toBeLessThan(1_500_000);
  // The last line is cut off.
  truncateSync(file, length - 3);
  expect((await consume(at)).suspects).toEqual(["a 0"]);
});

test("a live process's marks are left alone, and a folder of others is refused, and told", async () => {
  const at = places();
  const alive = await openStartMarks(at.marks, systemClock);
  alive.start([{ topic: "notes", subscription: "s", id: "a", crashes: 0 }]);
  expect((await consume(at)).suspects).toEqual([]);
  alive.close();

  const theirs = places();
  mkdirSync(theirs.marks, { recursive: true });
  chmodSync(theirs.marks, 0o777);
  const { problems, messages } = await consume(theirs);
  expect(messages).toHaveLength(4);
  expect(problems.map(({ message }) => message)).toEqual([expect.stringContaining("others may write to it")]);
});

test("a folder that has gone, or a full disk, throws nothing at a process that ends", async () => {
  const at = places();
  const marks = await openStartMarks(at.marks, systemClock);
  const count = { topic: "notes", subscription: "s", id: "a", crashes: 0 };
  marks.start([count]);
  rmSync(at.marks, { recursive: true });
  marks.endNow([count]);
  marks.close();
});
