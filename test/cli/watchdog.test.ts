import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openEmbeddedTransport } from "../../runtime/adapters/embedded/embedded.ts";
import { systemClock } from "../../runtime/contract/clock.ts";

const WORKER = join(import.meta.dirname, "watched-worker.ts");

/** Runs a worker with a watchdog of 1 s on two tasks, until it ends. */
function runWorker(data: string, deed: "loops" | "blocks"): Promise<{ signal: string | null; stderr: string }> {
  const child = spawn(process.execPath, [WORKER, data, deed], { stdio: ["ignore", "inherit", "pipe"] });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  return new Promise((resolve) => child.once("close", (_, signal) => resolve({ signal, stderr })));
}

function dataFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "fivefold-watchdog-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "data");
}

test("a handler that computes for ever ends its process, is told, and its task is suspect, not the one behind it", async () => {
  const data = dataFolder();
  const { signal, stderr } = await runWorker(data, "loops");
  expect({ signal, stderr }).toEqual({
    signal: "SIGKILL",
    stderr: expect.stringMatching(/^fivefold: a handler has blocked the event loop for 1 s, so this process ends\./),
  });
  const transport = await openEmbeddedTransport({ folder: join(data, "topics"), clock: systemClock });
  onTestFinished(() => transport.close());
  const consumer = await transport.subscribe("note", "default", "shared");
  const messages = await consumer.receive(2);
  expect(messages.map(({ crashes }) => crashes)).toEqual([0, undefined]);
});

test("one that blocks for less, again and again, is left alone", async () => {
  expect(await runWorker(dataFolder(), "blocks")).toEqual({ signal: null, stderr: "" });
});
