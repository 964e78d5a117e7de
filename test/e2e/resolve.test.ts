import { expect, test } from "vitest";
import { MAIN } from "../cli/project.ts";
import { createReleased, orderUseCase, type Repository } from "../cli/repository.ts";

const FIELDS = ["id: string", "comment?: string", "total: Int<{ min: 0 }>"];

const createOrders = () => createReleased({ "place-order": orderUseCase(FIELDS) });

async function lockOf(project: Pick<Repository, "read">) {
  return JSON.parse(await project.read("contracts.lock.json")).useCases["place-order"];
}

/** Commits a version of the use case on a branch, which is made at the current commit if it is not there. */
async function develop(project: Repository, branch: string, fields: readonly string[], command = "release") {
  project.git("switch", "--quiet", ...(project.git("branch", "--list", branch) === "" ? ["--create"] : []), branch);
  await project.write("usecases/place-order.ts", orderUseCase(fields));
  const { code, stdout, stderr } = await project.fivefold(command);
  if (code !== 0) throw new Error(stdout + stderr);
  project.commit();
}

const BOTH = [...FIELDS, "gift?: boolean", "note?: string"];

/** Two branches that released version 2 each, with a field of its own. */
async function createForked(): Promise<Repository> {
  const project = await createOrders();
  project.git("branch", "work");
  await develop(project, "work", [...FIELDS, "note?: string"]);
  await develop(project, "main", [...FIELDS, "gift?: boolean"]);
  project.git("switch", "--quiet", "work");
  return project;
}

function mergeIsClean(project: Repository, from: string): boolean {
  try {
    project.git("merge", "--quiet", "--no-edit", from);
    return true;
  } catch {
    return false;
  }
}

test("what main has given out is no other branch's: release, its check and diff say so before a merge", async () => {
  const project = await createForked();
  const check = await project.fivefold("release", "--check");
  expect(check.code).toBe(1);
  expect(check.stdout).toContain("✗ place-order: version 2 is another one at main\n");
  expect(check.stdout).toContain(
    "✗ place-order: number 4 of OrderPlaced is 'note' here and 'gift' at main\n" +
      "Run `fivefold resolve`: it takes what is given out from there, and numbers the rest anew.\n",
  );
  const { code, stdout } = await project.fivefold("diff", "--against", "main", "--json");
  expect(code).toBe(1);
  const report = JSON.parse(stdout);
  expect(report.against.label).toBe("the merge-base with main");
  expect(report.useCases[0].contract.changes).toMatchObject([{ kind: "added", what: "OrderPlaced.note" }]);
  expect(report.collisions).toMatchObject([
    { kind: "version", useCase: "place-order", version: 2, ref: "main" },
    { kind: "number", type: "OrderPlaced", number: 4, here: "note", there: "gift", ref: "main" },
  ]);

  // A branch without main's change takes its numbers all the same.
  const resolved = await project.fivefold("resolve");
  expect(resolved.code).toBe(0);
  expect(resolved.stdout).toContain(
    "place-order: version 2 was released twice. main's stays, and the other is given up.",
  );
  const locked = await lockOf(project);
  expect(locked).toMatchObject({
    version: 3,
    messages: { OrderPlaced: { fields: { note: { number: 5 } }, removed: [{ name: "gift", number: 4 }] } },
  });
  project.commit();
  expect((await project.fivefold("release", "--check")).code).toBe(0);
});

test("a branch that main has merged, and given other numbers to, releases nothing by its own", async () => {
  const project = await createForked();
  project.git("switch", "--quiet", "main");
  expect(mergeIsClean(project, "work")).toBe(false);
  await project.write("usecases/place-order.ts", orderUseCase(BOTH));
  expect((await project.fivefold("resolve")).code).toBe(0);
  project.git("add", "--all");
  project.git("commit", "--quiet", "--no-edit");
  project.git("switch", "--quiet", "work");
  for (const isBehind of [true, false]) {
    if (!isBehind) project.git("commit", "--quiet", "--allow-empty", "--message", "more");
    const { code, stdout } = await project.fivefold("release", "--check", "--json");
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      collisions: [
        { kind: "version", version: 2, ref: "main" },
        { kind: "number", number: 4, here: "note", there: "gift" },
      ],
    });
  }
});

test("a hotfix that a tag released keeps its version from others", async () => {
  const project = await createOrders();
  project.git("branch", "hotfix");
  await develop(project, "hotfix", [...FIELDS, "note?: string"]);
  project.git("tag", "v1.0.1");
  project.git("switch", "--quiet", "main");
  project.git("branch", "--delete", "--force", "hotfix");
  await project.write("usecases/place-order.ts", orderUseCase([...FIELDS, "gift?: boolean"]));
  const { code, stdout } = await project.fivefold("release", "--json");
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({
    ok: false,
    released: [],
    collisions: [{ kind: "version", version: 2, ref: "v1.0.1" }],
  });
  expect(Object.keys((await lockOf(project)).released)).toEqual(["1"]);
});

test.each(["main", "work"])("a merge into %s ends right by resolve, with main's numbers", async (into) => {
  const project = await createForked();
  project.git("switch", "--quiet", into);
  expect(mergeIsClean(project, into === "main" ? "work" : "main")).toBe(false);
  await project.write("usecases/place-order.ts", orderUseCase(BOTH));
  const { code, stdout } = await project.fivefold("resolve", "--json");
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ ok: true, released: [{ useCase: "place-order", version: 3 }] });
  // Nothing is left for git to ask.
  project.git("add", "usecases");
  project.git("commit", "--quiet", "--no-edit");
  const { version, messages, released } = await lockOf(project);
  expect(version).toBe(3);
  expect(messages.OrderPlaced.fields).toMatchObject({ gift: { number: 4 }, note: { number: 5 } });
  expect(released["2"].messages.OrderPlaced).toHaveProperty("gift");
  expect(project.git("status", "--short")).toBe("");
  expect((await project.fivefold("build", "--check")).code).toBe(0);
  expect((await project.fivefold("release", "--check")).code).toBe(0);
});

test("a release that a merge loses is found, and resolve puts it back", async () => {
  const project = await createOrders();
  project.git("branch", "work");
  await develop(project, "main", [...FIELDS, "gift?: boolean"]);
  project.git("switch", "--quiet", "work");
  await project.write("README.md", "more\n");
  project.commit();
  project.git("merge", "--quiet", "--no-edit", "--strategy", "ours", "main");
  const { code, stderr } = await project.fivefold("release", "--check");
  expect(code).toBe(1);
  expect(stderr).toContain("Version 2 of 'place-order' was released in commit ");
  expect((await project.fivefold("resolve")).code).toBe(0);
  const { version, messages, released } = await lockOf(project);
  expect({ version, released: Object.keys(released) }).toEqual({ version: 3, released: ["1", "2", "3"] });
  expect(messages.OrderPlaced.removed).toMatchObject([{ name: "gift", number: 4 }]);
  project.commit();
  expect((await project.fivefold("release", "--check")).code).toBe(0);
});

test("git merges locks by the driver where it is told, and like other text where it is not", async () => {
  const project = await createOrders();
  project.git("branch", "work");
  await project.write(".gitattributes", "contracts.lock.json merge=fivefold\ngenerated/** merge=ours\n");
  project.commit();
  project.git("branch", "--force", "work");
  await develop(project, "main", [...FIELDS, "gift?: boolean"], "build");
  await develop(project, "work", ["note?: string", ...FIELDS], "build");
  const before = project.git("rev-parse", "HEAD").trim();
  expect(mergeIsClean(project, "main")).toBe(false);
  expect(await project.read("contracts.lock.json")).toContain("<<<<<<<");
  project.git("reset", "--hard", "--quiet", before);

  project.git("config", "merge.fivefold.driver", `${process.execPath} ${MAIN} merge-lock %O %A %B`);
  project.git("config", "merge.ours.driver", "true");
  mergeIsClean(project, "main");
  const { messages } = await lockOf(project);
  expect(messages.OrderPlaced.fields).toMatchObject({ gift: { number: 4 }, note: { number: 5 } });
});

test("settings that senders enforce are deployed with what sends", async () => {
  const project = await createOrders();
  const settings =
    'frontend: { dedupeBy: "id", dedupeFor: "2h", maxPayload: "32KiB" }, scheduler: { maxDelay: "3d" }, handler: () => {}';
  await project.write("usecases/place-order.ts", orderUseCase(FIELDS, settings));
  await project.fivefold("build");
  project.commit();
  for (const [from, to, name] of [
    ["2h", "3h", "dedupeFor"],
    ["32KiB", "16KiB", "maxPayload"],
    ["3d", "4d", "maxDelay"],
  ] as const) {
    await project.write("usecases/place-order.ts", orderUseCase(FIELDS, settings.replace(from, to)));
    const { rollout } = JSON.parse((await project.fivefold("diff", "--json")).stdout);
    expect(rollout.at(-1)).toMatchObject({
      phase: "senders",
      reason: `What enqueues enforces '${name}': until it is deployed, the former value holds.`,
    });
  }
});
