import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createProject } from "./project.ts";
import { createReleased, createRepository, orderUseCase, type Repository } from "./repository.ts";

const FIELDS = ["id: string", "comment?: string", "total: Int<{ min: 0 }>", 'state: "open" | "paid"'];
const SETTINGS = 'scheduler: { maxDelay: "7d" }, subscribers: { warehouse: { handler() {} }, mail: { handler() {} } }';

const createOrders = () => createReleased({ "place-order": orderUseCase(FIELDS, SETTINGS) });

function change(project: Repository, fields: readonly string[], settings = SETTINGS): Promise<void> {
  return project.write("usecases/place-order.ts", orderUseCase(fields, settings));
}

test("nothing has changed", async () => {
  const project = await createOrders();
  const { code, stdout } = await project.fivefold("diff");
  expect(code).toBe(0);
  expect(stdout).toMatch(/^Nothing changes for anybody against HEAD \([0-9a-f]{10}\)\n$/);
});

test("tells what is set at run time beside what is declared now, where it is given a connection", async () => {
  const project = await createOrders();
  expect((await project.fivefold("build")).code).toBe(0);
  const data = join(project.root, "data");
  await mkdir(data);
  const limit = ["--max-in-flight", "4", "--max-in-flight-total", "6", "--rate", "20/s", "--why", "spare the database"];
  expect((await project.fivefold("limit", "place-order/mail", ...limit, "--data", data)).stderr).toBe("");
  await project.fivefold("pause", "place-order", "--data", data);
  const rate = 'import { perSecond } from "fivefold";\n';
  const settings = "flowControl: { rate: perSecond(500) }, subscribers: { warehouse: { handler() {} } }";
  await project.write("usecases/place-order.ts", rate + orderUseCase(FIELDS, settings));
  const { code, stdout } = await project.fivefold("diff", "--overrides", "--data", data);
  expect(code).toBe(0);
  const told = stdout.slice(stdout.indexOf("Set at run time"));
  expect(told.replace(/by .* at .*Z/g, "by … at …")).toBe(`Set at run time, and still so after the deployment
  place-order  paused
    set by … at …
  place-order/mail  in flight per worker: 4, not 64 as declared; in flight over all workers: 6, where none is declared; rate: 20 every 1s, not 500 every 1s as declared
    nothing of that name is declared any more: it holds for nobody
    set by … at …: spare the database
`);
  const json = JSON.parse((await project.fivefold("diff", "--overrides", "--data", data, "--json")).stdout);
  expect(json.overrides).toMatchObject([
    { useCase: "place-order", set: ["paused"], isDeclared: true },
    { useCase: "place-order", subscriber: "mail", isDeclared: false, why: "spare the database" },
  ]);
  expect((await project.fivefold("diff", "--data", data)).stderr).toContain("--data says where --overrides looks");
});

test("tells what changes for whom, and in which order to deploy it", async () => {
  const project = await createOrders();
  await change(
    project,
    [
      "id: string",
      "/** @was comment */ note?: string",
      "total: Int",
      'state: "open" | "paid" | "void"',
      "gift?: boolean",
    ],
    'scheduler: { maxDelay: "7d" }, flowControl: { maxInFlight: 8 }, subscribers: { warehouse: { handler() {} }, fraud: { handler() {} } }',
  );
  const { code, stdout } = await project.fivefold("diff");
  expect(code).toBe(0);
  expect(stdout.replace(/against HEAD \(.*\)/, "against HEAD")).toMatchInlineSnapshot(`
    "1 use case changed against HEAD

    place-order changed usecases/place-order.ts, team-shop
      contract: version 1 → 2, safe if what reads is deployed first
        ~ OrderPlaced.note              named comment → named note
        ~ OrderPlaced.total             int, at least 0 → int
            old code is given what its rule 'min' forbids
        + OrderPlaced.gift              optional boolean
        + OrderPlacedState: value void
            old code can't decode new records with it
      subscribers
        + fraud
            gets the events that are sent once its subscription is there
        - mail
      topics
        + place-order-fraud-DLQ
        - place-order-mail-DLQ
      permissions
        + workers: consume place-order as fraud
        + workers: publish to place-order-fraud-DLQ
        + operators: consume place-order-fraud-DLQ as dead-letters
        - workers: consume place-order as mail
        - workers: publish to place-order-mail-DLQ
        - operators: consume place-order-mail-DLQ as dead-letters
      capacity
        ~ warehouse: in flight per worker  64 → 8

    Rollout
      1. place-order: Run \`fivefold release --use-case place-order\`, and commit contracts.lock.json.
         From then on no change is accepted that its records would not survive.
      2. place-order: Create the subscription 'fraud' of 'place-order', and 'place-order-fraud-DLQ'.
         It gets what is sent from then on, and nothing from before.
      3. place-order: Deploy what else reads it by its contract, for version 2.
         Workers hold what is too new for them; other readers would misread it.
      4. place-order: Tell who reads it as JSON of the new names.
         'comment' is 'note'. JSON with the old names is still read, and on the wire nothing changes.
      5. place-order: Deploy what takes it as JSON, such as gateways, before what sends it so.
         What does not know 'OrderPlaced.note', 'OrderPlaced.gift' refuses JSON that has it.
      6. place-order: Deploy its workers.
      7. place-order: Deploy what sends it.
         Old workers hold records of version 2 until they are replaced, also while workers are rolled back.
      8. place-order: Let a worker of the old version go on with 'mail' until its backlog is what you can do without.
         It gets all that is sent as long as it is there, so it is never empty for long.
      9. place-order: Remove the subscription 'mail' of 'place-order', and 'place-order-mail-DLQ' once its dead letters are seen to.
         What is left in it, retries included, is then handled by nobody.
    "
  `);

  const json = await project.fivefold("diff", "--json");
  expect(json.code).toBe(0);
  const report = JSON.parse(json.stdout);
  expect(report).toMatchObject({
    ok: true,
    against: { label: "HEAD", commit: project.git("rev-parse", "HEAD").trim() },
    releases: [],
    diagnostics: [],
  });
  expect(report.useCases[0]).toMatchObject({
    name: "place-order",
    kind: "changed",
    owner: "team-shop",
    contract: { from: 1, to: 2, order: "readers-first", newProperties: ["OrderPlaced.note", "OrderPlaced.gift"] },
    subscribers: [
      { kind: "added", what: "fraud" },
      { kind: "removed", what: "mail" },
    ],
    topics: [
      { kind: "added", what: "place-order-fraud-DLQ" },
      { kind: "removed", what: "place-order-mail-DLQ" },
    ],
    capacity: [{ what: "warehouse: in flight per worker", was: "64", is: "8" }],
  });
  const phases = report.rollout.map(({ phase }: { phase: string }) => phase);
  expect([...new Set(phases)]).toEqual(["release", "expand", "readers", "workers", "senders", "drain", "contract"]);
});

test("another priority is another topic: both are worked on until the old one is empty", async () => {
  const project = await createOrders();
  await change(project, FIELDS, `flowControl: { priority: "high" }, ${SETTINGS}`);
  const { rollout } = JSON.parse((await project.fivefold("diff", "--json")).stdout);
  expect(rollout.map(({ phase, text }: { phase: string; text: string }) => `${phase}: ${text}`)).toEqual([
    "expand: Create the topics 'place-order.high', 'place-order.high-warehouse-DLQ' and 'place-order.high-mail-DLQ', with their subscriptions.",
    "workers: Deploy its new workers beside the old ones, which go on with 'place-order'.",
    "senders: Deploy what sends it.",
    "drain: Wait until 'warehouse' and 'mail' of 'place-order' have no backlog, none of its tasks is delayed (they may be for 7d after the last was sent) or waits for another try, and its dead letters are sent again or given up.",
    "contract: Stop the old workers, then remove the topics 'place-order', 'place-order-warehouse-DLQ' and 'place-order-mail-DLQ'.",
  ]);
});

test("a breaking change has no order and two ways out; once the old version is retired, it has one", async () => {
  const project = await createOrders();
  await change(project, ["id: string", "comment?: string", "total: Int<{ min: 1 }>", 'state: "open" | "paid"']);
  const refused = await project.fivefold("diff");
  expect(refused.code).toBe(1);
  expect(refused.stdout).toContain(
    "contract: version 1 → 2, breaking: records that are queued, delayed or dead-lettered would be misread\n" +
      "    ~ OrderPlaced.total  int, at least 0 → int, at least 1\n" +
      "        new code is given what its rule 'min' forbids\n",
  );
  expect(refused.stdout).toContain("✗ No order of deployment is safe for place-order: fix what is breaking first.\n");
  expect(refused.stdout).not.toContain("Rollout");
  expect(refused.stderr).toContain("error rule-narrowed");
  expect(refused.stderr).toContain("give it a use case of its own, or stop sending version 1");
  expect(JSON.parse((await project.fivefold("diff", "--json")).stdout)).toMatchObject({
    ok: false,
    useCases: [{ contract: { order: "breaking" } }],
    rollout: [],
    diagnostics: [{ code: "rule-narrowed" }],
  });

  await project.fivefold("retire", "place-order", "1");
  const retired = await project.fivefold("diff", "--json");
  expect(retired.code).toBe(0);
  const { ok, useCases, releases, rollout } = JSON.parse(retired.stdout);
  expect({ ok, order: useCases[0].contract.order, releases }).toEqual({
    ok: true,
    order: "retired",
    releases: [{ useCase: "place-order", version: 1, kind: "retired" }],
  });
  expect(rollout.map(({ phase }: { phase: string }) => phase)).toEqual(["release", "empty", "workers", "senders"]);
  expect(rollout[1].text).toContain(
    "Stop what sends it, and wait until 'warehouse' and 'mail' of 'place-order' have no",
  );
});

test("a use case that comes is created before it is sent, one that goes is drained before it is removed", async () => {
  const project = await createOrders();
  await rm(join(project.root, "usecases/place-order.ts"));
  await project.write("usecases/pay.ts", orderUseCase(["id: string"]));
  const { code, stdout } = await project.fivefold("diff");
  expect(code).toBe(0);
  expect(stdout).toMatch(/^1 use case added, 1 use case removed against HEAD/);
  expect(stdout.slice(stdout.indexOf("Rollout"))).toMatchInlineSnapshot(`
    "Rollout
      1. pay: Run \`fivefold release --use-case pay\`, and commit contracts.lock.json.
         From then on no change is accepted that its records would not survive.
      2. pay: Create the topics 'pay' and 'pay-default-DLQ', with their subscriptions.
         An event that is sent before a subscription is there never reaches it.
      3. pay: Deploy its workers.
      4. pay: Deploy what sends it.
      5. place-order: Deploy what sent it, without sending it.
         Its workers stay until nothing is left for them.
      6. place-order: Wait until 'warehouse' and 'mail' of 'place-order' have no backlog, none of its tasks is delayed (they may be for 7d after the last was sent) or waits for another try, and its dead letters are sent again or given up.
      7. place-order: Stop its workers, then remove the topics 'place-order', 'place-order-warehouse-DLQ' and 'place-order-mail-DLQ'.
    "
  `);
});

test("compares with where the branch left main, or with any commit that --against names", async () => {
  const project = await createOrders();
  project.git("switch", "--quiet", "--create", "work");
  await change(project, [...FIELDS, "gift?: boolean"]);
  await project.fivefold("build");
  project.commit();
  const branch = await project.fivefold("diff");
  expect(branch.stdout).toMatch(/^1 use case changed against the merge-base with main \([0-9a-f]{10}\)\n/);
  expect((await project.fivefold("diff", "--against", "work")).stdout).toMatch(
    /^Nothing changes for anybody against work/,
  );
  const report = JSON.parse((await project.fivefold("diff", "--against", "HEAD~1", "--json")).stdout);
  expect(report.against).toEqual({ label: "HEAD~1", commit: project.git("rev-parse", "main").trim() });
  expect(report.useCases[0].contract).toMatchObject({ from: 1, to: 2, order: "safe" });
  expect(report.rollout.map(({ phase, reason }: { phase: string; reason: string }) => [phase, reason])).toEqual([
    ["release", "From then on no change is accepted that its records would not survive."],
    ["readers", "What does not know 'OrderPlaced.gift' refuses JSON that has it."],
    ["workers", ""],
    ["senders", "Either order is safe; in the other one, new records wait until their workers are there."],
  ]);
});

test("a project may be a folder of its repository", async () => {
  const project = await createRepository({});
  const path = "packages/shop/usecases/place-order.ts";
  await project.write(path, orderUseCase(FIELDS, SETTINGS));
  expect((await project.fivefold("build", "--root", "packages/shop")).code).toBe(0);
  project.commit();
  await project.write(path, orderUseCase([...FIELDS, "gift?: boolean"], SETTINGS));
  const { useCases } = JSON.parse((await project.fivefold("diff", "--root", "packages/shop", "--json")).stdout);
  expect(useCases).toMatchObject([{ name: "place-order", kind: "changed", file: "usecases/place-order.ts" }]);
  expect(useCases[0].contract.changes).toMatchObject([{ kind: "added", what: "OrderPlaced.gift" }]);
});

test("a released version that was altered by hand is found", async () => {
  const project = await createOrders();
  const lock = await project.read("contracts.lock.json");
  const at = lock.indexOf('"released"');
  await project.write(
    "contracts.lock.json",
    lock.slice(0, at) + lock.slice(at).replace('"comment": { "number": 2', '"comment": { "number": 9'),
  );
  const { code, stdout } = await project.fivefold("diff");
  expect(code).toBe(1);
  expect(stdout).toContain(
    "✗ place-order: released version 1 is not as it was. Restore it: its records may be anywhere.",
  );
});

test("says why there is nothing to compare", async () => {
  const nowhere = await createProject({ "usecases/place-order.ts": orderUseCase(FIELDS, SETTINGS) });
  const outside = await nowhere.fivefold("diff");
  expect(outside.code).toBe(2);
  expect(outside.stderr).toContain("is in no git repository");

  const project = await createRepository({ "place-order": orderUseCase(FIELDS, SETTINGS) });
  const fresh = await project.fivefold("diff");
  expect(fresh.code).toBe(2);
  expect(fresh.stderr).toContain("The repository has no commit yet");

  await project.write("generated/manifest.json", "{}");
  project.commit();
  for (const ref of ["nowhere", "--output=stolen", "HEAD:usecases"]) {
    const { code, stderr } = await project.fivefold("diff", `--against=${ref}`);
    expect(code).toBe(2);
    expect(stderr).toContain(`--against names '${ref}', which is no commit, branch or tag of this repository.`);
  }
  const foreign = await project.fivefold("diff");
  expect(foreign.code).toBe(1);
  expect(foreign.stderr).toContain("The generated files of HEAD can't be read: its manifestVersion is undefined");

  await project.write("usecases/place-order.ts", "export default 1;\n");
  const broken = await project.fivefold("diff", "--json");
  expect(broken.code).toBe(1);
  expect(JSON.parse(broken.stdout)).toMatchObject({ ok: false, diagnostics: [{ severity: "error" }] });
});
