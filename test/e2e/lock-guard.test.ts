import { cp, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createProject, MAIN, startCommand } from "../cli/project.ts";
import { createReleased, createRepository, orderUseCase, type Repository } from "../cli/repository.ts";

const FIELDS = ["id: string", "comment?: string", "total: Int<{ min: 0 }>"];
/** With a released field of another type. */
const CHANGED = ["id: string", "comment?: Int", "total: Int<{ min: 0 }>"];
/** A safe change, which is another version. */
const MORE = [...FIELDS, "gift?: boolean"];

const createOrders = () => createReleased({ "place-order": orderUseCase(FIELDS) });
const setFields = (project: Repository, fields: readonly string[]) =>
  project.write("usecases/place-order.ts", orderUseCase(fields));

async function lockOf(project: Pick<Repository, "read">) {
  return JSON.parse(await project.read("contracts.lock.json")).useCases["place-order"];
}

test("a lock that is gone is refused by build, release and their checks, and nothing is written", async () => {
  const project = await createOrders();
  await rm(join(project.root, "contracts.lock.json"));
  await setFields(project, CHANGED);
  for (const args of [["build"], ["release"], ["release", "--check"]]) {
    const { code, stderr } = await project.fivefold(...args);
    expect({ args, code }).toEqual({ args, code: 1 });
    expect(stderr).toContain("contracts.lock.json is missing, and commit ");
  }
  expect(project.git("status", "--short")).toBe(" D contracts.lock.json\n M usecases/place-order.ts\n");
  const annotated = await project.fivefold("build", "--check", "--format", "github");
  expect(annotated.stdout).toContain("::error file=contracts.lock.json");

  project.git("checkout", "HEAD", "--", "contracts.lock.json");
  expect((await project.fivefold("build")).stderr).toContain("error field-type-changed");
});

test("by name, the lost releases are retired: the numbers stay, and later builds have nothing to say", async () => {
  const project = await createOrders();
  await rm(join(project.root, "contracts.lock.json"));
  await setFields(project, ["id: string", "total: Int<{ min: 0 }>"]);
  expect((await project.fivefold("build", "--forget-releases", "--check")).code).toBe(2);
  const { code, stderr } = await project.fivefold("release", "--forget-releases");
  expect(code).toBe(0);
  expect(stderr).toContain("place-order: version 1 is retired. None of its records may be left anywhere.");
  expect(await lockOf(project)).toMatchObject({
    version: 2,
    retired: 1,
    messages: { OrderPlaced: { fields: { total: { number: 3 } }, removed: [{ name: "comment", number: 2 }] } },
  });
  project.commit();
  expect((await project.fivefold("build", "--check")).code).toBe(0);
  expect((await project.fivefold("release", "--check")).code).toBe(0);
});

test("a release that an earlier commit lost is found by the checks and by release", async () => {
  const project = await createOrders();
  const first = project.git("rev-parse", "HEAD").trim().slice(0, 10);
  await rm(join(project.root, "contracts.lock.json"));
  project.commit();
  // Whoever commits that and builds behind it is refused too.
  expect((await project.fivefold("build")).stderr).toContain(`is missing, and commit ${first} has it`);

  // A lock made elsewhere, as if for a new project.
  const elsewhere = await createRepository({ "place-order": orderUseCase(CHANGED) });
  await elsewhere.fivefold("release");
  await project.write("contracts.lock.json", await elsewhere.read("contracts.lock.json"));
  await setFields(project, CHANGED);
  await cp(join(elsewhere.root, "generated"), join(project.root, "generated"), { recursive: true });
  project.commit();
  for (const args of [["build", "--check"], ["release"]]) {
    const { code, stderr } = await project.fivefold(...args);
    expect({ args, code }).toEqual({ args, code: 1 });
    expect(stderr).toContain(
      `Version 1 of 'place-order' was released in commit ${first}, and contracts.lock.json has another one`,
    );
  }
});

test("a build sees at once that the lock lacks what the last commit released", async () => {
  const project = await createOrders();
  const old = await project.read("contracts.lock.json");
  await setFields(project, MORE);
  await project.fivefold("release");
  project.commit();
  await project.write("contracts.lock.json", old);
  const { code, stderr } = await project.fivefold("build");
  expect(code).toBe(1);
  expect(stderr).toContain("Version 2 of 'place-order' was released in commit HEAD, and contracts.lock.json does not");
  // Version 1 is there, and to retire version 2 would retire it too.
  const forgotten = await project.fivefold("build", "--forget-releases");
  expect(forgotten.code).toBe(1);
  expect(forgotten.stderr).toContain("Version 2 of 'place-order' can't be forgotten alone");
});

test("what was retired by name is not asked for", async () => {
  const project = await createOrders();
  await project.fivefold("retire", "place-order", "1");
  await setFields(project, CHANGED.slice(0, 1));
  expect((await project.fivefold("release")).code).toBe(0);
  project.commit();
  expect((await project.fivefold("release", "--check")).code).toBe(0);
});

test("outside of git, and before the first commit, what was built tells of a lock that is gone", async () => {
  const outside = await createProject({ "package.json": '{ "type": "module" }\n' });
  await outside.write("usecases/place-order.ts", orderUseCase(FIELDS));
  const fresh = await createRepository({ "place-order": orderUseCase(FIELDS) });
  for (const project of [outside, fresh]) {
    expect(await project.fivefold("release")).toMatchObject({ code: 0, stderr: "" });
    await rm(join(project.root, "contracts.lock.json"));
    await project.write("usecases/place-order.ts", orderUseCase(["id: string", "comment?: string", "total: string"]));
    for (const args of [["build"], ["build", "--check"], ["release"], ["release", "--check"]]) {
      const { code, stderr } = await project.fivefold(...args);
      expect({ args, code }).toEqual({ args, code: 1 });
      expect(stderr).toContain("contracts.lock.json is missing, and generated/ was built with one.");
    }
    expect(await project.fivefold("build", "--forget-releases")).toMatchObject({ code: 0, stderr: "" });
    expect(await project.fivefold("build", "--check")).toMatchObject({ code: 0, stderr: "" });
  }
});

/** What loses the lock of a project in some checkout, and what `build` and the checks then say. */
async function losesLock(root: string): Promise<{ readonly code: number | null; readonly stderr: string }> {
  await rm(join(root, "contracts.lock.json"));
  return await startCommand(process.execPath, [MAIN, "build", "--root", root], root).ended();
}

test.each<[string, (project: Repository, folder: string) => void]>([
  ["a linked worktree", (project, folder) => project.git("worktree", "add", "--quiet", folder)],
  ["a detached HEAD", (project, folder) => project.git("worktree", "add", "--quiet", "--detach", folder)],
  [
    "a clone of one commit",
    (project, folder) => project.git("clone", "--quiet", "--depth=1", `file://${project.root}`, folder),
  ],
])("the guard holds in %s", async (_, checkOut) => {
  const project = await createOrders();
  const folder = join(project.root, "..", `${project.root.split("/").at(-1)}-other`);
  try {
    checkOut(project, folder);
    await mkdir(join(folder, "node_modules"), { recursive: true });
    await cp(join(project.root, "node_modules"), join(folder, "node_modules"), { recursive: true });
    const { code, stderr } = await losesLock(folder);
    expect(code).toBe(1);
    expect(stderr).toContain("contracts.lock.json is missing, and commit ");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test("the guard holds in a project that is a folder of its repository, and in a submodule", async () => {
  const inner = await createOrders();
  const outer = await createRepository({});
  outer.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", inner.root, "shop");
  await cp(join(inner.root, "node_modules"), join(outer.root, "shop", "node_modules"), { recursive: true });
  await cp(join(inner.root, "usecases"), join(outer.root, "pay", "usecases"), { recursive: true });
  expect((await outer.fivefold("release", "--root", "pay")).code).toBe(0);
  outer.commit();
  for (const folder of ["shop", "pay"]) {
    const { code, stderr } = await losesLock(join(outer.root, folder));
    expect({ folder, code }).toEqual({ folder, code: 1 });
    expect(stderr).toContain("contracts.lock.json is missing, and commit ");
  }
});

test("says so where history is cut or git is not there, and the check goes on", async () => {
  const project = await createOrders();
  project.git("commit", "--quiet", "--allow-empty", "--message", "more");
  const clone = join(project.root, "clone");
  project.git("clone", "--quiet", "--depth=1", `file://${project.root}`, clone);
  await cp(join(project.root, "node_modules"), join(clone, "node_modules"), { recursive: true });
  const shallow = await project.fivefold("release", "--check", "--root", "clone");
  expect(shallow.code).toBe(0);
  expect(shallow.stderr).toContain(
    "note: contracts.lock.json was not held against the releases of all earlier commits",
  );
  expect(shallow.stderr).toContain("`git fetch --unshallow`");

  const bare = { ...process.env, PATH: "/nowhere" };
  const without = await startCommand(process.execPath, [MAIN, "build", "--check"], project.root, bare).ended();
  expect(without.code).toBe(0);
  expect(without.stderr).toContain("git is not installed");
  await rm(join(project.root, "contracts.lock.json"));
  const missing = await startCommand(process.execPath, [MAIN, "build"], project.root, bare).ended();
  expect(missing.stderr).toContain("git is not installed");
});

test("what hooks tell git of their repository does not lead elsewhere", async () => {
  const project = await createOrders();
  const other = await createRepository({});
  await rm(join(project.root, "contracts.lock.json"));
  const env = { ...process.env, GIT_DIR: join(other.root, ".git"), GIT_INDEX_FILE: join(other.root, ".git/index") };
  const { code, stderr } = await startCommand(process.execPath, [MAIN, "build"], project.root, env).ended();
  expect({ code, said: stderr.includes("contracts.lock.json is missing") }).toEqual({ code: 1, said: true });
});
