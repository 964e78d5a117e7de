import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

/** Runs a worker in memory whose handler is the text, in a process of its own, for two tasks. */
function runProcess(handler: string) {
  const code = `
    import { createClient } from "./runtime/client.ts";
    import { connectMemory } from "./runtime/testing/testing.ts";
    import { startWorker } from "./runtime/worker.ts";
    import { noteContracts } from "./test/runtime/note-contract.ts";
    const connection = connectMemory();
    const { client, executor } = noteContracts({ handlers: { default: ${handler} } });
    const worker = await startWorker({
      ports: connection.ports, executors: [executor], reportProblem: ({ message }) => console.log(message),
    });
    const notes = createClient(client);
    await notes.enqueue({ id: "first" });
    await new Promise((resolve) => setTimeout(resolve, 100));
    await notes.enqueueAll([{ id: "second" }, { id: "third" }]);
    await new Promise((resolve) => setTimeout(resolve, 100));
    console.log(JSON.stringify(worker.counts().note.default.delivery.done));
    await worker.drain(0);
  `;
  return spawnSync(process.execPath, ["--input-type=module-typescript", "-e", code], { encoding: "utf8" });
}

test("a rejection that nobody awaits is reported with its task, and ends nothing", () => {
  const { stdout, status } = runProcess(`async ({ id }) => {
    void (async () => { await null; if (id !== "third") throw new Error("astray " + id); })();
  }`);
  expect(status).toBe(0);
  expect(stdout).toMatch(
    /A promise that nobody awaits was rejected by task \S+-0 of 'note' \(default\): astray first\./,
  );
  expect(stdout).toMatch(
    /A promise that nobody awaits was rejected by task \S+-1 of 'note' \(default\): astray second\./,
  );
  expect(stdout).toContain("\n3\n");
});

test("an exception that nobody catches is reported with its task, and ends the process", () => {
  const { stdout, status } = runProcess(`() => { setTimeout(() => { throw new Error("astray"); }, 20); }`);
  expect(status).toBe(1);
  expect(stdout).toMatch(/thrown by task \S+-0 of 'note' \(default\), and ends the process: astray\./);
});
