import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
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

test.each(CONFIGS.map((config, i) => ({ ...config, i })))(
  "a build and tsc agree under the settings of $source",
  async ({ i, ...config }) => {
    const version = Math.max(...(config.versions ?? [7]));
    const typescript = version === 7 ? NATIVE : await installTypescript(6);
    const found = await differences(join(folder, String(i)), config, { fivefold: packed, typescript, version });
    expect(found).toEqual([]);
  },
);
