import { mkdir, readFile, rename, rm, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import type { Build, Builder } from "../../compiler/build/build-project.ts";
import { watchProject } from "../../compiler/build/watch-project.ts";
import { createProject, type Project, type RunningCommand } from "../cli/project.ts";

const USE_CASE = `import { useCase } from "fivefold";
import type { Address } from "../../lib/address.ts";
export interface Moved {
  to: Address;
}
export default useCase<Moved>({ owner: "team", handler: () => {} });
`;

const LIB = "export interface Address {\n  street: string;\n}\n";

/** A project in a folder of a larger one, with a library beside it, whose build is watched. */
async function watchedProject(lib = LIB): Promise<{ project: Project; root: string; watching: RunningCommand }> {
  const project = await createProject({
    "package.json": '{ "type": "module" }',
    "base.json": '{ "compilerOptions": { "strict": true } }',
    "lib/address.ts": lib,
    "app/package.json": '{ "type": "module" }',
    "app/tsconfig.json":
      '{ "extends": "../base.json", "compilerOptions": { "module": "nodenext", "allowImportingTsExtensions": true, "noEmit": true, "types": [] } }',
    "app/usecases/move.ts": USE_CASE,
  });
  const watching = project.start(["build", "--watch", "--json", "--root", "app"]);
  await watching.prints("}\n");
  return { project, root: join(project.root, "app"), watching };
}

/** Builds that were told so far. */
function builds({ printed }: RunningCommand) {
  return printed.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { ok: boolean; written: string[] });
}

async function nextBuild(watching: RunningCommand, change: () => Promise<unknown>) {
  let before = 0;
  // What is told of a former change may come late on a busy machine.
  do {
    before = builds(watching).length;
    await sleep(200);
  } while (builds(watching).length > before);
  await change();
  await expect.poll(() => builds(watching).length, { timeout: 20_000, interval: 20 }).toBeGreaterThan(before);
  return builds(watching)[before]!;
}

test("sees what lies outside of usecases/: a library, the lock, what tsconfig extends, and what was generated", async () => {
  const { project, root, watching } = await watchedProject();
  const schema = () => readFile(join(root, "generated/contracts/move.proto"), "utf8");

  const edited = await nextBuild(watching, () => project.write("lib/address.ts", LIB.replace("street", "road")));
  expect(edited.written).toContain("generated/move/codec.ts");
  expect(await schema()).toContain(" road ");

  // As an editor saves that writes a new file and puts it in the place of the old one.
  const replaced = await nextBuild(watching, async () => {
    await project.write("lib/.address.ts.swp", LIB.replace("street", "lane"));
    await rename(join(project.root, "lib/.address.ts.swp"), join(project.root, "lib/address.ts"));
  });
  expect(replaced.written).toContain("generated/move/codec.ts");

  // At once: a folder that is emptied file by file would be built in between.
  const lost = await nextBuild(watching, () => rename(join(root, "generated"), join(project.root, "gone")));
  expect(lost.written).toContain("generated/move/client.ts");
  expect(await schema()).toContain(" lane ");

  const one = await nextBuild(watching, () => rm(join(root, "generated/move/codec.ts")));
  expect(one.written).toEqual(["generated/move/codec.ts"]);

  const spoilt = await nextBuild(watching, () => writeFile(join(root, "generated/move/client.ts"), "// mine\n"));
  expect(spoilt.written).toEqual(["generated/move/client.ts"]);

  const lock = await readFile(join(root, "contracts.lock.json"), "utf8");
  const renumbered = await nextBuild(watching, () =>
    writeFile(join(root, "contracts.lock.json"), lock.replace('"lane": { "number": 3', '"lane": { "number": 9')),
  );
  expect(renumbered).toMatchObject({ ok: true });
  expect(await schema()).toContain(" lane = 9");

  expect(await nextBuild(watching, () => project.write("base.json", '{ "extends": "./none.json" }'))).toMatchObject({
    ok: false,
  });
  expect(await nextBuild(watching, () => project.write("base.json", "{}"))).toMatchObject({ ok: true });

  const settings = await readFile(join(root, "tsconfig.json"), "utf8");
  const refused = await nextBuild(watching, () => project.write("app/tsconfig.json", settings.replace("true", "yes")));
  expect(refused).toMatchObject({ ok: false });
  expect(await nextBuild(watching, () => project.write("app/tsconfig.json", settings))).toMatchObject({ ok: true });

  // What builds wrote themselves is no change.
  const told = builds(watching).length;
  await sleep(500);
  expect(builds(watching)).toHaveLength(told);

  watching.process.kill("SIGINT");
  expect((await watching.ended()).code).toBe(0);
});

test("a file of the same size and time is another one, in the library and below usecases/", async () => {
  const { root, watching } = await watchedProject();
  const address = join(root, "../lib/address.ts");
  const time = new Date(Date.now() - 3_600_000);
  for (const [path, from, to] of [
    [address, "street", "avenue"],
    [join(root, "usecases/move.ts"), "Moved", "Gone!"],
  ] as const) {
    const text = (await readFile(path, "utf8")).replaceAll(from, to.replace("!", "_"));
    const old = await readFile(path, "utf8");
    const same = text.padEnd(old.length + 20, "\n");
    await nextBuild(watching, async () => {
      await writeFile(path, old.padEnd(old.length + 20, "\n"));
      await utimes(path, time, time);
    });
    await sleep(100);
    const seen = await nextBuild(watching, async () => {
      await writeFile(`${path}.other`, same);
      await utimes(`${path}.other`, new Date(), time);
      await rename(`${path}.other`, path);
    });
    expect(seen.written).toContain("generated/move/codec.ts");
  }
});

test("what could not be found is seen when it comes", async () => {
  const { project, root, watching } = await watchedProject();
  await nextBuild(watching, () => rm(join(project.root, "lib"), { recursive: true }));
  expect(builds(watching).at(-1)).toMatchObject({ ok: false });
  await nextBuild(watching, async () => {
    await mkdir(join(project.root, "lib"));
    await project.write("lib/address.ts", LIB);
  });
  await expect.poll(() => builds(watching).at(-1)?.ok, { timeout: 20_000 }).toBe(true);
  expect(dirname(root)).toBe(project.root);
});

test("what changed between a build and the first look at it is built for once, not again and again", async () => {
  const project = await createProject({ "usecases/move.ts": "", "lib/address.ts": LIB });
  const address = join(project.root, "lib/address.ts");
  const builder = { written: () => [], isAsLeft: () => true, isAsRead: () => false } as unknown as Builder;
  const build = {
    compilation: { inputs: [address] },
    difference: { missing: [], stale: [], superfluous: [] },
  } as unknown as Build;
  const changes = watchProject(project.root, builder);
  changes.follow(build);
  expect(await changes.next()).toEqual({ outputs: false, path: "lib/address.ts" });
  changes.follow(build);
  expect(await Promise.race([changes.next(), sleep(400, "rests")])).toBe("rests");
  changes.close();
});
