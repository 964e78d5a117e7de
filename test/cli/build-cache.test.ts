import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findUnchangedBuild } from "../../cli/build-cache.ts";
import { createBuilder } from "../../cli/build-project.ts";
import { createEmitting } from "../../cli/emitting-here.ts";
import { checkAllTypes } from "../../compiler/read/type-errors.ts";
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
