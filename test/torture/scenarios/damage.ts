import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { drawFrom } from "../../store-model/world.ts";
import {
  copyFolder,
  createDrainer,
  drawDamage,
  dueOf,
  filesOf,
  inflict,
  judge,
  recordsByPage,
} from "../damage/damage.ts";
import { fillFolder } from "../damage/folder.ts";
import type { Report, Scenario } from "../scenario.ts";

const PAGE_BYTES = 4_096;

/** Damages one file of a closed data folder at a time, by a flipped bit, a zeroed or noisy page, or a cut, and drains it. */
export async function runDamage(seed: number, isOver: (trials: number) => boolean): Promise<Report> {
  const home = await mkdtemp(join(tmpdir(), "fivefold-damage-"));
  const drainer = createDrainer();
  try {
    const whole = join(home, "whole");
    const copy = join(home, "copy");
    await fillFolder(whole);
    const files = filesOf(whole);
    const pages = recordsByPage(whole);
    copyFolder(whole, copy);
    const first = await drainer.drain(copy);
    if (typeof first === "string" || first.problems.length > 0)
      throw new Error(`The whole folder: ${JSON.stringify(first)}`);
    const due = dueOf(first);
    const draw = drawFrom(seed);
    const random = () => draw(2 ** 30) / 2 ** 30;
    const faults: string[] = [];
    const did = { trials: 0, files: files.length, named: 0, refused: 0, lostRecords: 0 };
    for (; !isOver(did.trials); did.trials++) {
      copyFolder(whole, copy);
      const damage = drawDamage(whole, files, random);
      inflict(copy, damage);
      const drained = await drainer.drain(copy);
      const told = `seed ${seed}, trial ${did.trials}: ${damage.kind} of ${damage.file} at ${damage.position}, bit ${damage.bit}`;
      if (typeof drained === "string") {
        faults.push(`${told}: the process ${drained}`);
        continue;
      }
      const isLog = damage.file === "topics/log/data.mdb";
      const hit = isLog
        ? (pages.get(Math.floor(damage.position / PAGE_BYTES)) ?? new Set<string>())
        : new Set<string>();
      faults.push(...judge(drained, due, damage, hit).map((fault) => `${told}: ${fault}`));
      if (drained.problems.length > 0) did.named++;
      if (drained.refused.length > 0) did.refused++;
      for (const [place, numbers] of Object.entries(due)) {
        const came = new Set(drained.received[place]);
        did.lostRecords += numbers.filter((number) => !came.has(number)).length;
      }
    }
    return { did, faults };
  } finally {
    await drainer.close();
    await rm(home, { recursive: true });
  }
}

const scenario: Scenario = {
  run: ({ seed, until }) => runDamage(seed, () => performance.now() >= until),
};

export default scenario;
