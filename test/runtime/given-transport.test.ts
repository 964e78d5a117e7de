import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { createMemoryTransport } from "../../runtime/adapters/memory/memory.ts";
import { createClient } from "../../runtime/client.ts";
import { type ConnectOptions, connect } from "../../runtime/connection.ts";
import { startWorker } from "../../runtime/worker.ts";
import { noteContracts } from "./note-contract.ts";

afterEach(() => vi.unstubAllEnvs());

function createFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "fivefold-given-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** What one task comes to that is enqueued to, and handled on, such a connection. */
async function runOne(options: ConnectOptions | undefined) {
  const connection = await connect(options);
  const handled: string[] = [];
  const { client, executor } = noteContracts({ handlers: { default: ({ id }) => void handled.push(id) } });
  const worker = await startWorker({ ports: connection.ports, executors: [executor] });
  await createClient(client).enqueue({ id: "a" });
  await vi.waitFor(() => expect(handled).toEqual(["a"]), { timeout: 5_000 });
  await worker.drain();
  const { openedWith } = connection.ports;
  await connection.close();
  return { openedWith };
}

test("a transport that is given as a value carries tasks, with the stores of a folder beside it", async () => {
  const opened: unknown[] = [];
  const transport = {
    async open({ clock }: Parameters<typeof createMemoryTransport>[0]) {
      opened.push(clock);
      return createMemoryTransport({ clock });
    },
  };
  expect(await runOne({ data: createFolder(), transport })).toEqual({ openedWith: undefined });
  expect(opened).toHaveLength(1);
});

test("the environment names a module, which other processes can open too", async () => {
  const folder = createFolder();
  const module = join(folder, "transport.ts");
  const memory = resolve(import.meta.dirname, "../../runtime/adapters/memory/memory.ts");
  writeFileSync(
    module,
    `import { createMemoryTransport } from ${JSON.stringify(memory)};\nexport default { open: async (options) => createMemoryTransport(options) };\n`,
  );
  vi.stubEnv("FIVEFOLD_TRANSPORT", module);
  vi.stubEnv("FIVEFOLD_DATA", join(folder, "data"));
  expect(await runOne(undefined)).toEqual({ openedWith: { transport: module } });
});

test("what is no transport is refused in words, and what opening throws comes as it is", async () => {
  const data = createFolder();
  await expect(connect({ data, transport: {} as never })).rejects.toThrow(/`transport` opens no transport/);
  await expect(connect({ data, transport: "./missing.ts" })).rejects.toThrow(/'.\/missing.ts' can't be loaded/);
  await expect(connect({ data, transport: { open: () => Promise.reject(new Error("away")) } })).rejects.toThrow("away");
});
