import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { CONFIGS } from "../../compiler/tsconfigs/configs.ts";
import { differences } from "../../compiler/tsconfigs/verdicts.ts";
import { packInto } from "../../copy-for-packing.ts";
import { installTypescript } from "../../parts/older-typescript.ts";
import type { Scenario } from "../scenario.ts";

const REPOSITORY = resolve(import.meta.dirname, "../../..");

/** A build's verdict on use cases beside that of every TypeScript that takes a starter's settings: see test/compiler/tsconfigs. */
const scenario: Scenario = {
  async run({ seed, until }) {
    const typescript = {
      5: await installTypescript(5),
      6: await installTypescript(6),
      7: join(REPOSITORY, "node_modules/typescript"),
    };
    const folder = mkdtempSync(join(tmpdir(), "fivefold-tsconfigs-"));
    const fivefold = join(folder, "packed");
    mkdirSync(fivefold);
    await packInto(fivefold);
    const all = CONFIGS.flatMap((config) => (config.versions ?? [5, 6, 7]).map((version) => ({ config, version })));
    const faults: string[] = [];
    let projects = 0;
    for (; projects < all.length && performance.now() < until; projects++) {
      const { config, version } = all[(projects + seed) % all.length]!;
      const installed = { fivefold, typescript: typescript[version as 5 | 6 | 7], version };
      faults.push(...(await differences(join(folder, String(projects)), config, installed)));
    }
    rmSync(folder, { recursive: true });
    return { did: { projects, of: all.length }, faults };
  },
};
export default scenario;
