import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ConnectOptions } from "../../runtime/connection.ts";
import { INSTALL_TIMEOUT_MS } from "../parts/part-cache.ts";
import { type PulsarBroker, startPulsarBroker } from "../parts/pulsar-broker.ts";
import { raceOfCancels } from "./cancel/race.ts";
import { type PostgresServer, startPostgres } from "./postgres/server.ts";
import { createNamespace } from "./pulsar/transports.ts";

/* `npm run torture cancel` does the same with 100,000 tasks. */

const folders: string[] = [];
let server: PostgresServer;
let broker: PulsarBroker;

beforeAll(async () => {
  [server, broker] = await Promise.all([startPostgres(), startPulsarBroker()]);
}, INSTALL_TIMEOUT_MS);

afterAll(async () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  await Promise.all([server?.stop(), broker?.stop()]);
});

function race(connection: (folder: string) => ConnectOptions) {
  const folder = mkdtempSync(join(tmpdir(), "fivefold-cancel-"));
  folders.push(folder);
  return raceOfCancels({
    ...{ connection: connection(folder), file: join(folder, "ran.txt") },
    ...{ tasks: 3_000, seed: 1, longestMs: 8_000 },
  });
}

test("embedded: what is cancelled never runs, and all else does, while workers are killed", async () => {
  expect(await race((folder) => ({ data: join(folder, "data") }))).toMatchObject({ faults: [] });
}, 170_000);

test("Pulsar with PostgreSQL: the same", async () => {
  const { name: namespace } = await createNamespace(broker);
  const pulsar = { url: broker.serviceUrl, adminUrl: broker.adminUrl, client: "fivefold", namespace } as const;
  expect(await race(() => ({ pulsar, postgres: server.url }))).toMatchObject({ faults: [] });
}, 170_000);
