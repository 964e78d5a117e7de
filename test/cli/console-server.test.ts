import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { type Access, proxyHeader, singleToken, tokenFile } from "../../cli/console/access.ts";
import { loopbackHosts } from "../../cli/console/console.ts";
import type { ConsoleApi } from "../../cli/console/console-api.ts";
import { createConsoleServer } from "../../cli/console/console-server.ts";

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** A server whose API writes down what reaches it. */
async function serve(
  access: Access,
  { opened = Promise.resolve(), opening = () => {} }: { opened?: Promise<void>; opening?: () => void } = {},
): Promise<{
  readonly port: number;
  readonly done: string[];
  readonly watching: () => number;
  /** A snapshot for all who watch. */
  readonly snapshot: () => void;
  send(path: string, options?: { method?: string; headers?: Record<string, string>; body?: string }): Promise<Answer>;
}> {
  const done: string[] = [];
  let watching = 0;
  const watchers = new Set<(text: string) => void>();
  const api: ConsoleApi = {
    read: async (name) => {
      done.push(name);
      return { name };
    },
    act: async (name, _, { role }) => {
      done.push(`${role} ${name}`);
      return { ok: true };
    },
    watch(_, send) {
      done.push("watch");
      watching++;
      watchers.add(send);
      return () => {
        watching--;
        watchers.delete(send);
      };
    },
  };
  const page = { type: "text/html", bytes: Buffer.from("<p>the console") };
  const server: Server = createConsoleServer({
    access,
    assets: new Map([["/index.html", page]]),
    openApi: async () => {
      opening();
      await opened;
      return api;
    },
    hosts: () => loopbackHosts((server.address() as AddressInfo).port),
    secure: false,
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    done,
    watching: () => watching,
    snapshot: () => {
      for (const send of watchers) send("{}");
    },
    send: (path, { method = "GET", headers = {}, body } = {}) =>
      new Promise((resolve, reject) => {
        const sent = request({ host: "127.0.0.1", port, path, method, headers, agent: false }, (response) => {
          let text = "";
          response.setEncoding("utf8").on("data", (part) => {
            text += part;
          });
          response.on("end", () => resolve({ status: response.statusCode!, headers: response.headers, text }));
        });
        sent.on("error", reject).end(body);
      }),
  };
}

const READS = ["project", "now", "dead-letters", "letters", "task", "schedules", "form", "audit", "live"];
const ACTIONS = ["enqueue", "pause", "resume", "limit", "redrive", "discard", "cancel", "reschedule"];
const OPERATOR = { authorization: "Bearer right", "content-type": "application/json" };

test("no route answers somebody without the token", async () => {
  const { done, send } = await serve(singleToken("right", "ada"));
  const wrong = [{}, { authorization: "Bearer wrong" }, { cookie: "fivefold_console_1=right" }];
  for (const headers of wrong) {
    for (const name of READS) expect((await send(`/api/${name}`, { headers })).status).toBe(401);
    for (const name of ACTIONS) {
      const answer = await send(`/api/${name}`, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: "{}",
      });
      expect(answer.status).toBe(401);
    }
    for (const path of ["/index.html", "/console.js", "/?token=wrong", "/"]) {
      const { status, text } = await send(path, { headers });
      expect(status).toBe(401);
      expect(text).not.toContain("<p>the console");
    }
  }
  expect(done).toEqual([]);
});

test("the token becomes a cookie that no script and no other site has", async () => {
  const { port, send } = await serve(singleToken("right", "ada"));
  const { status, headers } = await send("/?token=right");
  expect(status).toBe(303);
  expect(headers.location).toBe("/");
  const [cookie = ""] = headers["set-cookie"] as string[];
  expect(cookie).toBe(`fivefold_console_${port}=right; Path=/; HttpOnly; SameSite=Strict`);
  const page = await send("/", { headers: { cookie: cookie.split(";")[0]! } });
  expect(page).toMatchObject({ status: 200, text: "<p>the console" });
  expect(page.headers["content-security-policy"]).toContain("default-src 'none'; script-src 'self'");
});

test("pages of other sites can neither read nor act, also with the cookie", async () => {
  const { port, done, send } = await serve(singleToken("right", "ada"));
  const own = `http://127.0.0.1:${port}`;
  for (const headers of [
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
    { origin: "https://evil.example" },
    { origin: "null" },
    { origin: `http://127.0.0.1:${port + 1}` },
  ] as Record<string, string>[]) {
    expect((await send("/api/now", { headers: { ...OPERATOR, ...headers } })).status).toBe(403);
    const act = { method: "POST", headers: { ...OPERATOR, ...headers }, body: "{}" };
    expect((await send("/api/discard", act)).status).toBe(403);
    expect((await send("/login", { ...act, body: "token=right" })).status).toBe(403);
  }
  // A form of another site can send no JSON, whatever a browser says of it.
  const form = { authorization: "Bearer right", "content-type": "text/plain" };
  expect((await send("/api/discard", { method: "POST", headers: form, body: "{}" })).status).toBe(415);
  expect(done).toEqual([]);
  const fine = { ...OPERATOR, origin: own, "sec-fetch-site": "same-origin" };
  expect((await send("/api/pause", { method: "POST", headers: fine, body: "{}" })).status).toBe(200);
  expect(done).toEqual(["operator pause"]);
});

test("a name that was made to point here is refused", async () => {
  const { port, done, send } = await serve(singleToken("right", "ada"));
  for (const host of ["evil.example", `evil.example:${port}`, "127.0.0.1:1", `127.0.0.1.evil.example:${port}`]) {
    expect((await send("/api/now", { headers: { ...OPERATOR, host } })).status).toBe(421);
    expect((await send("/?token=right", { headers: { host } })).status).toBe(421);
  }
  expect(done).toEqual([]);
});

test.each([
  "/../package.json",
  "/..%2fpackage.json",
  "/%2e%2e/package.json",
  "//etc/passwd",
  "/index.html/../../x",
  "/api/../x",
])("%s leads nowhere", async (path) => {
  const { send } = await serve(singleToken("right", "ada"));
  const { status, text } = await send(path, { headers: OPERATOR });
  expect(status).toBe(404);
  expect(text).not.toContain("root:");
});

test("what is no JSON, and what is too long, is refused", async () => {
  const { done, send } = await serve(singleToken("right", "ada"));
  const act = { method: "POST", headers: OPERATOR };
  expect((await send("/api/pause", { ...act, body: "{" })).status).toBe(400);
  expect(
    (await send("/api/pause", { ...act, body: `"${"x".repeat(5_000_000)}"` }).catch(() => ({ status: 413 }))).status,
  ).toBe(413);
  expect((await send("/api/pause", { ...act, method: "DELETE" })).status).toBe(405);
  expect(done).toEqual([]);
});

test("a file of tokens tells readers from operators, and is read anew", async () => {
  const folder = mkdtempSync(join(tmpdir(), "fivefold-console-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "people.json");
  const sha256 = (token: string) => createHash("sha256").update(token).digest("hex");
  const write = (...people: object[]) => writeFileSync(file, JSON.stringify({ people }));
  write({ name: "ada", role: "operator", sha256: sha256("a") }, { name: "ben", role: "reader", sha256: sha256("b") });
  const access = tokenFile(file);
  expect(access.byToken("a")).toEqual({ name: "ada", role: "operator" });
  expect(access.byToken("b")).toEqual({ name: "ben", role: "reader" });
  expect(access.byToken("c")).toBeUndefined();
  write({ name: "ada", role: "operator", sha256: sha256("a") });
  expect(access.byToken("b")).toBeUndefined();
  writeFileSync(file, "{");
  expect(access.byToken("a")).toBeUndefined();
  expect(() => tokenFile(file)).toThrow("can't be read");
});

test("a proxy's header names people; operators are those who are listed", async () => {
  const access = proxyHeader("X-Forwarded-Email", ["ada@example.com"]);
  const { send, done } = await serve(access);
  const as = (name: string) => ({ "x-forwarded-email": name, "content-type": "application/json" });
  await send("/api/pause", { method: "POST", headers: as("ada@example.com"), body: "{}" });
  await send("/api/pause", { method: "POST", headers: as("ben@example.com"), body: "{}" });
  expect(done).toEqual(["operator pause", "reader pause"]);
  expect((await send("/api/now")).status).toBe(401);
});

test("who has gone is watched for no longer, be it while the stores are opened or later", async () => {
  const headers = { authorization: "Bearer secret" };
  const { port, done, watching } = await serve(singleToken("secret", "ada"));
  const path = "/api/live";
  const live = request({ host: "127.0.0.1", port, path, headers, agent: false }, () => live.destroy()).on(
    "error",
    () => {},
  );
  live.end();
  await vi.waitFor(() => expect(done).toContain("watch"));
  await vi.waitFor(() => expect(watching()).toBe(0));

  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const opening = vi.fn();
  const slow = await serve(singleToken("secret", "ada"), { opened, opening });
  const early = request({ host: "127.0.0.1", port: slow.port, path, headers, agent: false }).on("error", () => {});
  early.end();
  await vi.waitFor(() => expect(opening).toHaveBeenCalled());
  const gone = new Promise((resolve) => early.once("close", resolve));
  early.destroy();
  await gone;
  // Its server sees that a moment later.
  await new Promise((resolve) => setTimeout(resolve, 50));
  open();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(slow.done).not.toContain("watch");
});

test.each([
  ["was taken off", []],
  ["has another role", [{ name: "ada", role: "reader" }]],
])("who %s sees nothing more of a stream that is open", async (_, later) => {
  const folder = mkdtempSync(join(tmpdir(), "fivefold-console-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "people.json");
  const sha256 = createHash("sha256").update("a").digest("hex");
  const write = (people: readonly object[]) =>
    writeFileSync(file, JSON.stringify({ people: people.map((person) => ({ ...person, sha256 })) }));
  write([{ name: "ada", role: "operator" }]);
  const { port, watching, snapshot } = await serve(tokenFile(file));
  let seen = "";
  const headers = { authorization: "Bearer a" };
  const live = request({ host: "127.0.0.1", port, path: "/api/live", headers, agent: false }, (answer) => {
    answer.setEncoding("utf8").on("error", () => {});
    answer.on("data", (text: string) => {
      seen += text;
    });
  }).on("error", () => {});
  live.end();
  await vi.waitFor(() => expect(watching()).toBe(1));
  snapshot();
  await vi.waitFor(() => expect(seen).toBe("data: {}\n\n"));
  write(later);
  const gone = new Promise((resolve) => live.once("close", resolve));
  snapshot();
  await gone;
  expect(seen).toBe("data: {}\n\n");
  await vi.waitFor(() => expect(watching()).toBe(0));
});
