import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { analyse } from "../../compiler/build/compile.ts";
import { packPackage } from "../cli/packed.ts";
import { CONFIGS } from "../compiler/tsconfigs/configs.ts";
import { differences } from "../compiler/tsconfigs/verdicts.ts";
import { installTypescript } from "../parts/older-typescript.ts";

/* Settings of popular starters and monorepos, each with the newest TypeScript that takes them: `npm run torture tsconfigs`
 * tries all. */

const NATIVE = resolve(import.meta.dirname, "../../node_modules/typescript");
const folder = mkdtempSync(join(tmpdir(), "fivefold-tsconfigs-"));
let packed: string;
beforeAll(async () => {
  packed = await packPackage();
});
afterAll(() => rmSync(folder, { recursive: true }));

test.each<[5 | 6, Readonly<Record<string, unknown>>]>([
  [5, { stableTypeOrdering: true }],
  [5, { target: "es2025" }],
  [5, { suppressImplicitAnyIndexErrors: true }],
  [6, { target: "es3" }],
  [6, { lib: ["es2024", "es2099"] }],
  [6, { downlevelIteration: true }],
])("TypeScript %s and a build agree on the setting %j", async (version, setting) => {
  const compilerOptions = { module: "nodenext", types: [], skipLibCheck: true, noEmit: true, ...setting };
  const root = join(folder, `${version}-${Object.keys(setting)}`);
  for (const path of ["usecases", "node_modules"]) mkdirSync(join(root, path), { recursive: true });
  writeFileSync(join(root, "tsconfig.json"), JSON.stringify({ compilerOptions }));
  writeFileSync(join(root, "usecases/none.ts"), "export {};\n");
  const typescript = await installTypescript(version);
  symlinkSync(typescript, join(root, "node_modules/typescript"));
  const { stdout } = spawnSync(process.execPath, [join(typescript, "bin/tsc"), "--pretty", "false"], {
    cwd: root,
    encoding: "utf8",
  });
  const theirs = Array.from(stdout.matchAll(/^(tsconfig\.json)\((\d+),(\d+)\): error (TS\d+)/gm), (all) =>
    all.slice(1).join(" "),
  );
  const { diagnostics } = await analyse({ root });
  const ours = diagnostics
    .filter(({ span }) => span.file === "tsconfig.json")
    .map(({ span, message }) => [span.file, span.line, span.column, /TS\d+(?=\)$)/.exec(message)?.[0]].join(" "));
  expect(theirs).toHaveLength(1);
  expect(ours).toEqual(theirs);
});

test.each(CONFIGS.map((config, i) => ({ ...config, i })))(
  "a build and tsc agree under the settings of $source",
  async ({ i, ...config }) => {
    const version = Math.max(...(config.versions ?? [7]));
    const typescript = version === 7 ? NATIVE : await installTypescript(6);
    const found = await differences(join(folder, String(i)), config, { fivefold: packed, typescript, version });
    expect(found).toEqual([]);
  },
);
