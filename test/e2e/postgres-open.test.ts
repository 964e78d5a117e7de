import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openPostgresDedupeStore } from "../../runtime/adapters/postgres/postgres-dedupe-store.ts";
import { openPostgresDelayStore } from "../../runtime/adapters/postgres/postgres-delay-store.ts";
import { delayed } from "../runtime/scheduler/delay-store-suite.ts";
import { type PostgresServer, startPostgres } from "./postgres/server.ts";

let server: PostgresServer;
let admin: pg.Client;

beforeAll(async () => {
  server = await startPostgres();
  admin = new pg.Client({ connectionString: server.url });
  await admin.connect();
});

afterAll(async () => {
  await admin.end();
  await server.stop();
});

/** The server's URL with another user, password, port or database. */
function urlWith(parts: Partial<Pick<URL, "username" | "password" | "port" | "pathname">>): string {
  return Object.assign(new URL(server.url), parts).href;
}

describe("opening", () => {
  test("many processes at once create the tables once; opening again changes nothing", async () => {
    const options = { url: server.url, schema: "at_once" };
    const stores = await Promise.all([
      ...Array.from({ length: 6 }, () => openPostgresDelayStore(options)),
      ...Array.from({ length: 6 }, () => openPostgresDedupeStore(options)),
    ]);
    const { rows } = await admin.query("SELECT store FROM at_once.versions ORDER BY store");
    expect(rows.map(({ store }) => store)).toEqual([
      ...["dedupe store", "dedupe store, additions", "delay store", "delay store, additions"],
    ]);
    await Promise.all(stores.map((store) => store.close()));
  });

  test("what was added is there after the store was closed and opened", async () => {
    const store = await openPostgresDelayStore({ url: server.url });
    await store.add([delayed("a", 1_000)]);
    await store.close();
    const again = await openPostgresDelayStore({ url: server.url, schema: "fivefold" });
    expect((await again.claimDue(1_000, 10, 1_000))[0]!.record.id).toBe("a");
    await again.close();
  });

  test("a user without the right to create tables can use those that are there, and is told where they are missing", async () => {
    const owner = await openPostgresDelayStore({ url: server.url, schema: "granted" });
    await admin.query("CREATE ROLE worker LOGIN; GRANT USAGE ON SCHEMA granted TO worker");
    const url = urlWith({ username: "worker" });
    await expect(openPostgresDelayStore({ url, schema: "granted" })).rejects.toMatchObject({
      code: "storage-unwritable",
      message: expect.stringContaining("SELECT, INSERT, UPDATE and DELETE"),
    });
    await admin.query(
      `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA granted TO worker;
       GRANT USAGE ON ALL SEQUENCES IN SCHEMA granted TO worker`,
    );
    const store = await openPostgresDelayStore({ url, schema: "granted" });
    await store.add([delayed("a", 1)]);
    await store.remove(await store.claimDue(1, 1, 1));
    expect(await owner.size()).toBe(0);
    await store.close();
    await owner.close();
    await expect(openPostgresDelayStore({ url, schema: "missing" })).rejects.toMatchObject({
      code: "storage-unwritable",
    });
  });

  test("tables of a newer Fivefold are refused, and stay as they are", async () => {
    const store = await openPostgresDelayStore({ url: server.url, schema: "newer" });
    await store.close();
    await admin.query("UPDATE newer.versions SET version = 99 WHERE store = 'delay store'");
    await expect(openPostgresDelayStore({ url: server.url, schema: "newer" })).rejects.toMatchObject({
      code: "newer-version",
      message: expect.stringContaining("have version 99; this Fivefold knows up to 1"),
    });
    const { rows } = await admin.query("SELECT version FROM newer.versions WHERE store = 'delay store'");
    expect(rows).toEqual([{ version: 99 }]);
  });

  test("a server that answers before a write is durable is refused for delayed tasks", async () => {
    await admin.query("CREATE ROLE hasty LOGIN SUPERUSER; ALTER ROLE hasty SET synchronous_commit = off");
    const url = urlWith({ username: "hasty" });
    await expect(openPostgresDelayStore({ url })).rejects.toMatchObject({
      code: "invalid-option",
      message: expect.stringContaining("synchronous_commit"),
    });
    await (await openPostgresDedupeStore({ url })).close();
  });

  test("a server that takes no writes is told apart, and works once it does", async () => {
    const store = await openPostgresDelayStore({ url: server.url, schema: "standby" });
    await store.close();
    await admin.query("CREATE ROLE reader LOGIN SUPERUSER; ALTER ROLE reader SET default_transaction_read_only = on");
    const reading = await openPostgresDelayStore({ url: urlWith({ username: "reader" }), schema: "standby" });
    await expect(reading.add([delayed("a", 1)])).rejects.toMatchObject({
      code: "storage-unwritable",
      message: expect.stringContaining("primary"),
    });
    await admin.query("ALTER ROLE reader RESET default_transaction_read_only");
    await reading.add([delayed("a", 1)]);
    expect(await reading.size()).toBe(1);
    await reading.close();
  });

  test.each<[string, () => string, string]>([
    ["nobody listens", () => urlWith({ port: "1" }), "not-connected"],
    ["an unknown host", () => "postgres://nobody.invalid/x", "not-connected"],
    ["an unknown user", () => urlWith({ username: "nobody" }), "unauthorized"],
    ["an unknown database", () => urlWith({ pathname: "/nothing" }), "unauthorized"],
    ["no URL", () => "no url", "invalid-option"],
  ])("%s: a clear error that doesn't tell the password", async (_, url, code) => {
    const secret = url().replace("postgres@", "postgres:hunter2@");
    const error = await openPostgresDelayStore({ url: secret }).catch((error: unknown) => error as Error);
    expect(error).toMatchObject({ name: "FivefoldError", code });
    expect((error as Error).message).not.toContain("hunter2");
  });

  test.each(["Upper", "a b", 'x"; DROP SCHEMA public; --', "", "pg_mine", "1st"])(
    "schema '%s' is refused",
    async (schema) => {
      await expect(openPostgresDelayStore({ url: server.url, schema })).rejects.toMatchObject({
        code: "invalid-option",
      });
    },
  );

  test("a server that takes connections and says nothing is given up after the call's time", async () => {
    const sockets: Socket[] = [];
    const mute = createServer((socket) => sockets.push(socket)).listen(0, "127.0.0.1");
    await once(mute, "listening");
    const { port } = mute.address() as { port: number };
    const opening = openPostgresDelayStore({ url: urlWith({ port: `${port}` }), callTimeoutMs: 300 });
    await expect(opening).rejects.toMatchObject({ code: "not-connected" });
    for (const socket of sockets) socket.destroy();
    mute.close();
  });

  test("a call that waits for a lock too long rejects, and the next one works", async () => {
    const store = await openPostgresDelayStore({ url: server.url, schema: "locked", callTimeoutMs: 500 });
    await admin.query("BEGIN; LOCK TABLE locked.delayed");
    await expect(store.add([delayed("a", 1)])).rejects.toMatchObject({ code: "not-connected" });
    await admin.query("ROLLBACK");
    await store.add([delayed("b", 1)]);
    expect((await store.claimDue(1, 10, 1_000)).map(({ record }) => record.id)).toContain("b");
    await store.close();
  });

  test("connections that the server ends are replaced", async () => {
    const store = await openPostgresDelayStore({ url: server.url, schema: "ended" });
    await store.add([delayed("a", 1)]);
    await admin.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'fivefold'");
    await store.add([delayed("b", 1)]).catch(() => store.add([delayed("b", 1)]));
    expect(await store.size()).toBe(2);
    await store.close();
  });
});
