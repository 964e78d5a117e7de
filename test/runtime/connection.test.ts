import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createClient } from "../../runtime/client.ts";
import { connect } from "../../runtime/connection.ts";
import { startGateway } from "../../runtime/gateway.ts";
import { startWorker } from "../../runtime/worker.ts";
import { noteContracts } from "./note-contract.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "fivefold-connection-"));
  for (const name of ["PULSAR_URL", "PULSAR_ADMIN_URL", "PULSAR_TOKEN_FILE", "POSTGRES_URL", "DATA"]) {
    vi.stubEnv(`FIVEFOLD_${name}`, undefined);
  }
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

describe("what a process connects to", () => {
  test("Pulsar where the environment names it, with what is stored besides in the folder that it names", async () => {
    vi.stubEnv("FIVEFOLD_PULSAR_URL", "http://127.0.0.1:1");
    vi.stubEnv("FIVEFOLD_DATA", folder);
    const { ports, close } = await connect();
    // Only Pulsar's transports may hold more than they returned.
    expect(ports.transport.capabilities.takesOnlyWhatItReturns).toBe(false);
    await close();
  });

  test("the embedded store where a folder is named by the program", async () => {
    vi.stubEnv("FIVEFOLD_PULSAR_URL", "http://127.0.0.1:1");
    const { ports, close } = await connect({ data: folder });
    expect(ports.transport.capabilities.takesOnlyWhatItReturns).toBe(true);
    await close();
  });

  test("Pulsar without a store for delays, which is refused to what needs one, and can be had the next time", async () => {
    const refusal = { code: "invalid-option", message: expect.stringMatching(/FIVEFOLD_POSTGRES_URL.*FIVEFOLD_DATA/s) };
    const connection = await connect({ pulsar: { url: "http://127.0.0.1:1" } });
    const { ports } = connection;
    const { client } = noteContracts({ handlers: { default: () => {} } });
    for (const options of [{ delay: "1ms" }, { at: new Date(1) }] as const) {
      await expect(createClient(client).enqueue({ id: "a" }, options)).rejects.toMatchObject(refusal);
    }
    await expect(ports.dedupeStore.reserve([], 0, 0)).rejects.toMatchObject(refusal);
    await expect(ports.delayStore.groups()).rejects.toMatchObject(refusal);
    await expect(startWorker({ ports, executors: [] })).rejects.toMatchObject(refusal);
    await expect(startGateway({ connection, useCases: [], port: 0, reportProblem: () => {} })).rejects.toMatchObject(
      refusal,
    );
    await connection.close();
    await (await connect({ pulsar: { url: "http://127.0.0.1:1" }, data: folder })).close();
  });

  test("a broker service without its web service is refused", async () => {
    await expect(connect({ pulsar: { url: "pulsar://127.0.0.1:1" }, data: folder })).rejects.toMatchObject({
      code: "invalid-option",
      message: expect.stringContaining("FIVEFOLD_PULSAR_ADMIN_URL"),
    });
  });

  test("a token file that isn't there is named", async () => {
    const tokenFile = join(folder, "missing");
    const { ports, close } = await connect({ pulsar: { url: "http://127.0.0.1:1", tokenFile }, data: folder });
    await expect(ports.transport.backlog("t", "s")).rejects.toMatchObject({
      code: "unauthorized",
      message: expect.stringContaining(tokenFile),
    });
    await close();
  });
});
