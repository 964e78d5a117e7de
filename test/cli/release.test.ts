import { expect, test } from "vitest";
import { createReleased, createRepository, orderUseCase, type Repository } from "./repository.ts";

const FIELDS = ["id: string", "comment?: string", "total: Int<{ min: 0 }>"];

const createOrders = () => createReleased({ "place-order": orderUseCase(FIELDS) });

async function lockOf(project: Repository) {
  return JSON.parse(await project.read("contracts.lock.json")).useCases["place-order"];
}

test("release freezes each event as a version, and --check tells before that there is one to release", async () => {
  const project = await createRepository({ "place-order": orderUseCase(FIELDS) });
  await project.fivefold("build");
  const before = await project.read("contracts.lock.json");
  const check = await project.fivefold("release", "--check");
  expect(check.code).toBe(1);
  expect(check.stdout).toContain("✗ place-order: version 1 is not released\n");
  expect(await project.read("contracts.lock.json")).toBe(before);

  const { code, stdout } = await project.fivefold("release");
  expect(code).toBe(0);
  expect(stdout).toContain("✓ place-order: version 1 released\n");
  expect((await lockOf(project)).released["1"]).toEqual({
    event: "OrderPlaced",
    messages: {
      OrderPlaced: {
        id: { number: 1, type: "text" },
        comment: { number: 2, type: "text", optional: true },
        total: { number: 3, type: expect.objectContaining({ kind: "int", min: 0 }) },
      },
    },
    enums: {},
  });

  const again = await project.fivefold("release", "--check", "--json");
  expect(again.code).toBe(0);
  expect(JSON.parse(again.stdout)).toEqual({ ok: true, released: [], collisions: [] });
  expect((await project.fivefold("build", "--check")).code).toBe(0);
});

test("what was renamed by a tag keeps its number, and what was removed has it for ever", async () => {
  const project = await createOrders();
  await project.write("usecases/place-order.ts", orderUseCase(["id: string", "/** @was comment */ note?: string"]));
  expect(JSON.parse((await project.fivefold("release", "--json")).stdout)).toEqual({
    ok: true,
    released: [{ useCase: "place-order", version: 2 }],
    collisions: [],
  });
  const second = await lockOf(project);
  expect(second.version).toBe(2);
  expect(Object.keys(second.released)).toEqual(["1", "2"]);
  expect(second.messages.OrderPlaced).toMatchObject({
    fields: { id: { number: 1 }, note: { number: 2 } },
    removed: [{ name: "total", number: 3 }],
  });
  expect(await project.read("generated/contracts/place_order.proto")).toContain("reserved 3;\n");

  await project.write(
    "usecases/place-order.ts",
    orderUseCase(["id: string", "/** @was comment */ note?: string", "gift?: boolean"]),
  );
  await project.fivefold("build");
  expect((await lockOf(project)).messages.OrderPlaced.fields.gift.number).toBe(4);
});

test("a breaking change is refused, and either way out that it names is one", async () => {
  const project = await createOrders();
  const lock = await project.read("contracts.lock.json");
  const breaking = orderUseCase(["id: string", "comment?: string", "total: Int<{ min: 1 }>", "customer: string"]);
  await project.write("usecases/place-order.ts", breaking);
  const { code, stderr } = await project.fivefold("release");
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /place-order\.ts:5:3 error rule-narrowed\n {2}The rule 'min' of 'total' of OrderPlaced was 0 in/,
  );
  expect(stderr).toMatch(/place-order\.ts:6:3 error required-field-added\n {2}'customer' of OrderPlaced is required/);
  expect(stderr).toContain(
    "give it a use case of its own, or stop sending version 1, wait until no record of it is left",
  );
  expect(stderr).toContain("run `fivefold retire place-order 1`");
  expect(await project.read("contracts.lock.json")).toBe(lock);

  await project.write("usecases/place-order.ts", orderUseCase(FIELDS));
  await project.write("usecases/place-order-v2.ts", breaking);
  expect((await project.fivefold("release")).stdout).toBe(
    "✓ place-order-v2: version 1 released\n" +
      "Commit contracts.lock.json: from now on no change is accepted that records of these versions would not survive.\n",
  );

  await project.write("usecases/place-order.ts", breaking);
  const retired = await project.fivefold("retire", "place-order", "1");
  expect(retired.code).toBe(0);
  expect(retired.stdout).toContain("none may be queued, delayed or dead-lettered anywhere");
  expect((await project.fivefold("release")).stdout).toContain("✓ place-order: version 2 released\n");
  const now = await lockOf(project);
  expect(now).toMatchObject({ version: 2, retired: 1 });
  expect(Object.keys(now.released)).toEqual(["2"]);
});

test("--use-case releases that one alone", async () => {
  const project = await createRepository({ "place-order": orderUseCase(FIELDS), "cancel-order": orderUseCase(FIELDS) });
  const one = await project.fivefold("release", "--use-case", "cancel-order", "--json");
  expect(JSON.parse(one.stdout)).toEqual({
    ok: true,
    released: [{ useCase: "cancel-order", version: 1 }],
    collisions: [],
  });
  const all = await project.fivefold("release", "--json");
  expect(JSON.parse(all.stdout)).toEqual({
    ok: true,
    released: [{ useCase: "place-order", version: 1 }],
    collisions: [],
  });
  const unknown = await project.fivefold("release", "--use-case", "pay");
  expect(unknown.code).toBe(2);
  expect(unknown.stderr).toContain("There are: cancel-order, place-order.");
});

test("retire refuses what was never released, and a lock that can't be followed, and writes nothing then", async () => {
  const project = await createOrders();
  const lock = await project.read("contracts.lock.json");
  for (const [args, message] of [
    [["pay", "1"], "The lock knows no released version of 'pay'."],
    [["place-order", "2"], "'2' is no released version of 'place-order'. It has 1."],
    [["place-order", "all"], "'all' is no released version"],
    [["place-order"], "missing required argument 'version'"],
  ] as const) {
    const { code, stdout, stderr } = await project.fivefold("retire", ...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(message);
  }
  expect(await project.read("contracts.lock.json")).toBe(lock);

  const torn = lock.slice(0, -20);
  await project.write("contracts.lock.json", torn);
  const { code, stderr } = await project.fivefold("retire", "place-order", "1");
  expect(code).toBe(1);
  expect(stderr).toContain("contracts.lock.json can't be followed: it is no JSON");
  expect(await project.read("contracts.lock.json")).toBe(torn);
});

test.each([
  "labels: Record<string, string | undefined>",
  "parts: Record<string, { at?: Date; more: (Record<string, bigint | null | undefined> | null)[] } | undefined> | null",
])("an event with %s is released, and every command reads the lock", async (field) => {
  const project = await createRepository({ "place-order": orderUseCase(["id: string", field]) });
  expect(await project.fivefold("release")).toMatchObject({ code: 0, stderr: "" });
  project.commit();
  for (const args of [["build"], ["build", "--check"], ["release", "--check"], ["diff"], ["resolve"]]) {
    expect({ args, ...(await project.fivefold(...args)) }).toMatchObject({ args, code: 0, stderr: "" });
  }
});
