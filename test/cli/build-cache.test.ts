import { cpSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findReading, findUnchangedBuild } from "../../compiler/build/build-cache.ts";
import { createBuilder } from "../../compiler/build/build-project.ts";
import { createEmitting } from "../../compiler/build/emitting-here.ts";
import { checkAllTypes } from "../../compiler/read/type-check/type-errors.ts";
import { createProject } from "./project.ts";

test("what is edited while a build runs is built by the next one", async () => {
  const { root, fivefold } = await createProject();
  await fivefold("new", "greet");
  const source = join(root, "usecases/greet.ts");
  const edited = readFileSync(source, "utf8").replace(/owner: "[^"]*"/, `owner: "another-team"`);
  const emitting = createEmitting(root);
  const builder = createBuilder(root, {
    emitting: {
      ...emitting,
      async finish(...all) {
        writeFileSync(source, edited);
        return emitting.finish(...all);
      },
    },
  });
  await builder.build({ keep: true });
  expect(findUnchangedBuild(root)).toBeUndefined();
  await builder.build({ keep: true });
  expect(findUnchangedBuild(root)?.useCases).toEqual(["greet"]);
  expect(readFileSync(join(root, "generated/greet/settings.ts"), "utf8")).toContain("another-team");
});

test("what is edited after tsc has read it, and before the compiler does, is seen by tsc the next time", async () => {
  const { root, fivefold } = await createProject();
  await fivefold("new", "greet");
  const source = join(root, "usecases/greet.ts");
  const builder = createBuilder(root);
  const typeCheck = checkAllTypes(root, ["usecases/greet.ts"]);
  expect(await typeCheck.errors).toEqual([]);
  writeFileSync(source, `${readFileSync(source, "utf8")}\nexport const wrong: number = "text";\n`);
  expect((await builder.build({ keep: true, typeCheck })).compilation.diagnostics).toEqual([]);
  expect(findUnchangedBuild(root)).toBeUndefined();
  const { compilation } = await createBuilder(root).build({ keep: true });
  expect(compilation.diagnostics).toMatchObject([{ code: "type-error", span: { file: "usecases/greet.ts" } }]);
});

test("a copied checkout takes nothing from the original's cache, and sees its own edits", async () => {
  const { root, fivefold } = await createProject();
  await fivefold("new", "greet");
  await createBuilder(root).build({ keep: true });
  const copy = await createProject();
  for (const path of ["usecases", "generated", ".fivefold", "contracts.lock.json", "package.json", "tsconfig.json"]) {
    cpSync(join(root, path), join(copy.root, path), { recursive: true, preserveTimestamps: true });
  }
  expect(findUnchangedBuild(root)?.useCases).toEqual(["greet"]);
  expect(findReading(root)).toBeDefined();
  expect(findUnchangedBuild(copy.root)).toBeUndefined();
  expect(findReading(copy.root)).toBeUndefined();
  const source = join(copy.root, "usecases/greet.ts");
  writeFileSync(source, readFileSync(source, "utf8").replace(/owner: "[^"]*"/, `owner: "another-team"`));
  await createBuilder(copy.root).build({ keep: true });
  expect(await copy.read("generated/greet/settings.ts")).toContain("another-team");
});

test("nor does a checkout that was moved, whose sources and libraries are then edited", async () => {
  const { root, fivefold, read, write } = await createProject();
  await fivefold("new", "greet", "--root", "before");
  await write("before/lib/owner.ts", 'export const OWNER = "team-one";\n');
  const source = await read("before/usecases/greet.ts");
  await write(
    "before/usecases/greet.ts",
    `import { OWNER } from "../lib/owner.ts";\n${source.replace(/owner: "[^"]*"/, "owner: OWNER")}`,
  );
  await createBuilder(join(root, "before")).build({ keep: true });
  renameSync(join(root, "before"), join(root, "after"));
  expect(findUnchangedBuild(join(root, "after"))).toBeUndefined();
  await write("after/lib/owner.ts", 'export const OWNER = "team-two";\n');
  // What another checkout has where this one was is nothing to it.
  await write("before/lib/owner.ts", 'export const OWNER = "team-one";\n');
  await createBuilder(join(root, "after")).build({ keep: true });
  expect(await read("after/generated/greet/settings.ts")).toContain("team-two");
});
