import { rename, symlink, unlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { tokenEntry as entry, fileOf, LEDGER_ENTRY, ORDER, serve } from "./served.ts";

const textOf = (...tokens: object[]) => JSON.stringify({ tokens });
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

test("a token lets its producer send to its use cases alone", async () => {
  const tokens = await fileOf(
    textOf(entry("billing.a", "post-ledger-entry"), entry("shop.b", "*"), entry("billing.c", "place-order")),
  );
  const { post, problems } = await serve({ tokens });
  const ledger = (headers: Record<string, string>) => post("/v1/post-ledger-entry", LEDGER_ENTRY, headers);
  expect(await ledger(bearer("billing.a"))).toMatchObject({ status: 202 });
  expect(await ledger(bearer("shop.b"))).toMatchObject({ status: 202 });
  expect(await ledger(bearer("billing.c"))).toMatchObject({ status: 403, body: { code: "forbidden" } });
  expect(await post("/v1/place-order", ORDER, bearer("billing.a"))).toMatchObject({ status: 403 });
  for (const wrong of ["billing.b", "billing.", "billing", "", "shop.a", "nobody.a", "billing.a ", "x".repeat(9_000)]) {
    const refused = await ledger(wrong === "" ? {} : bearer(`${wrong}${wrong.endsWith(" ") ? "x" : ""}`));
    expect(refused).toMatchObject({ status: 401, body: { code: "unauthenticated" } });
    expect(refused.headers.get("www-authenticate")).toBe('Bearer realm="fivefold"');
  }
  expect(await ledger({ authorization: "Basic YmlsbGluZy5h" })).toMatchObject({ status: 401 });
  expect(problems).toEqual([]);
});

test("tokens are rotated without a restart, however the file is replaced, and a broken file changes nothing", async () => {
  const path = await fileOf(textOf(entry("billing.old", "*")));
  const { post, problems } = await serve({ tokens: path });
  const status = async (token: string) => (await post("/v1/post-ledger-entry", LEDGER_ENTRY, bearer(token))).status;
  expect([await status("billing.old"), await status("billing.new")]).toEqual([202, 401]);

  await writeFile(path, textOf(entry("billing.old", "*"), entry("billing.new", "*")));
  await expect.poll(() => status("billing.new"), { timeout: 5_000 }).toBe(202);
  expect(await status("billing.old")).toBe(202);

  // As a mounted secret changes: a link that points elsewhere from one moment to the next.
  const other = join(dirname(path), "other.json");
  await writeFile(other, textOf(entry("billing.new", "*")));
  await symlink(other, `${path}.link`);
  await rename(`${path}.link`, path);
  await expect.poll(() => status("billing.old"), { timeout: 5_000 }).toBe(401);

  for (const text of ["{", textOf({ ...entry("billing.x", "*"), sha256: "ab" })]) {
    const before = problems.length;
    await writeFile(other, text);
    await expect.poll(() => problems.length, { timeout: 5_000 }).toBeGreaterThan(before);
    expect(problems.at(-1)).toMatch(/^The tokens stay as they were: .*tokens\.json/);
    expect(await status("billing.new")).toBe(202);
  }
  await unlink(other);
  await expect.poll(() => problems.at(-1), { timeout: 5_000 }).toContain("can't be read");
  expect(await status("billing.new")).toBe(202);
});

test.each([
  ["is removed", [entry("shop.b", "*")], "unauthenticated"],
  ["is no longer for the use case", [entry("billing.a", "place-order"), entry("shop.b", "*")], "forbidden"],
])("a stream ends at the line after its token %s, and another one goes on", async (_, later, code) => {
  const path = await fileOf(textOf(entry("billing.a", "*"), entry("shop.b", "*")));
  const { gateway, connection } = await serve({ tokens: path });
  const line = `${JSON.stringify(LEDGER_ENTRY)}\n`;
  const open = async (token: string) => {
    const body = new TransformStream<string, string>();
    const writer = body.writable.getWriter();
    const sent = writer.write(line);
    const response = await fetch(`${gateway.address}/v1/post-ledger-entry/stream`, {
      method: "POST",
      headers: { "content-type": "application/x-ndjson", ...bearer(token) },
      body: body.readable.pipeThrough(new TextEncoderStream()),
      duplex: "half",
    });
    await sent;
    const answers = response.body!.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]();
    expect(JSON.parse((await answers.next()).value!)).toMatchObject({ line: 1, duplicate: false });
    return { writer, next: async () => JSON.parse((await answers.next()).value!) };
  };
  const [ending, other] = [await open("billing.a"), await open("shop.b")];
  await writeFile(path, textOf(...later));
  // The file is looked at once a second.
  const probe = () =>
    fetch(`${gateway.address}/v1/post-ledger-entry`, { method: "POST", headers: bearer("billing.a") });
  await expect
    .poll(async () => ((await (await probe()).json()) as { code: string }).code, { timeout: 5_000 })
    .toBe(code);
  await ending.writer.write(line);
  expect(await ending.next()).toMatchObject({ done: false, accepted: 1, next: 2, problem: { code } });
  await other.writer.write(line);
  expect(await other.next()).toMatchObject({ line: 2, duplicate: false });
  await other.writer.close();
  expect(await other.next()).toMatchObject({ done: true, accepted: 2 });
  await ending.writer.close().catch(() => {});
  await connection.close();
});

test("a gateway does not start with tokens that it can't read", async () => {
  await expect(serve({ tokens: "/nowhere/tokens.json" })).rejects.toThrow(/nowhere.*can't be read/);
  await expect(serve({ tokens: await fileOf('{"tokens":[{"producer":"a","useCases":[]}]}') })).rejects.toThrow(
    "tokens[0].useCases must be a list",
  );
});

test("a producer that sends more than its rate is told to wait, and another is not", async () => {
  const tokens = await fileOf(textOf(entry("fast.a", "*"), entry("slow.b", "*")));
  const { post, gateway } = await serve({ tokens, perSecond: 5 });
  const statuses = [];
  for (let i = 0; i < 8; i++)
    statuses.push((await post("/v1/post-ledger-entry", LEDGER_ENTRY, bearer("fast.a"))).status);
  expect(statuses.filter((status) => status === 202).length).toBeGreaterThanOrEqual(5);
  expect(statuses).toContain(429);
  const refused = await post("/v1/post-ledger-entry", "not even JSON", bearer("fast.a"));
  expect(refused).toMatchObject({ status: 429, body: { code: "throttled" } });
  expect(refused.headers.get("retry-after")).toBe("1");
  expect(await post("/v1/post-ledger-entry", LEDGER_ENTRY, bearer("slow.b"))).toMatchObject({ status: 202 });
  // A batch that is more than what is left is taken, and owed.
  await post("/v1/post-ledger-entry/batch", Array(15).fill(LEDGER_ENTRY), bearer("slow.b"));
  const owing = await post("/v1/post-ledger-entry", LEDGER_ENTRY, bearer("slow.b"));
  expect(Number(owing.headers.get("retry-after"))).toBeGreaterThanOrEqual(2);
  // A stream waits instead.
  const startedAt = performance.now();
  const response = await fetch(`${gateway.address}/v1/place-order/stream`, {
    method: "POST",
    headers: { ...bearer("fast.a"), "content-type": "application/jsonl" },
    body: Array(8).fill(JSON.stringify(ORDER)).join("\n"),
  });
  expect((await response.text()).match(/"duplicate"/g)).toHaveLength(8);
  expect(performance.now() - startedAt).toBeGreaterThan(400);
});
