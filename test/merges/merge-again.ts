import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { randomNumbers } from "../random-numbers.ts";
import { createUseCase, edit, type ProjectModel, untagged } from "./event-model.ts";
import { createMergeRepository } from "./merge-repository.ts";

/*
 * A repository in which two branches edit, release and rename, and are merged by git itself, again and again.
 */

export interface Merges {
  readonly merges: number;
  /** Merged without a conflict, and passed all checks as they were. */
  readonly clean: number;
  readonly conflicts: number;
  /** Merged without a conflict, and refused by a check. */
  readonly refused: number;
  readonly faults: readonly string[];
}

/** Merges so many times in a repository of its own. The seed draws all of it. */
export async function mergeAgain(seed: number, merges: number, until = Infinity): Promise<Merges> {
  const random = randomNumbers(seed);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!;
  const root = join(tmpdir(), `fivefold-merges-${process.pid}-${seed}`);
  const did = { merges: 0, clean: 0, conflicts: 0, refused: 0, faults: [] as string[] };
  const world = createMergeRepository(root, pick([true, false]));
  let things = 0;
  const next = () => ++things;
  const models = new Map<string, ProjectModel>();
  try {
    await world.begin(new Map(["order", "pay"].map((name) => [name, createUseCase(next)])));
    models.set("main", world.read());
    world.git("branch", "work");
    models.set("work", world.read());
    while (did.merges < merges && performance.now() < until) {
      const where = `seed ${seed}, merge ${did.merges + 1}`;
      if (pick([true, false, false])) {
        world.git("switch", "--quiet", "--force-create", "work", "main");
        models.set("work", models.get("main")!);
      }
      const faults: string[] = [];
      for (const branch of pick([
        ["work", "main"],
        ["main", "work"],
      ])) {
        if (faults.length > 0) break;
        world.git("switch", "--quiet", branch);
        faults.push(...(await develop(branch)));
      }
      if (faults.length > 0) return stop(faults);
      faults.push(...(await world.checkDiff("main", "work", models)));
      const into = pick(["main", "work"]);
      const outcome = await world.merge(into, into === "main" ? "work" : "main");
      models.set(into, world.read());
      faults.push(...outcome.faults);
      did.merges++;
      did[outcome.kind]++;
      if (faults.length > 0) return stop(faults);

      function stop(found: readonly string[]): Merges {
        did.faults.push(...found.map((fault) => `${where}, in ${root}: ${fault}`));
        return did;
      }
    }
  } finally {
    if (did.faults.length === 0) rmSync(root, { recursive: true, force: true });
  }
  return did;

  /** Edits, builds, and mostly releases, some times. */
  async function develop(branch: string): Promise<string[]> {
    for (let rounds = pick([0, 1, 1, 2]); rounds > 0; rounds--) {
      let model = models.get(branch)!;
      const known = things;
      if (pick([true, false])) model = new Map([...model].map(([name, useCase]) => [name, untagged(useCase)]));
      for (let edits = pick([1, 1, 2, 3]); edits > 0; edits--) {
        const name = pick([...model.keys()]);
        model = new Map([...model, [name, edit(model.get(name)!, next, pick, known)]]);
      }
      if (pick([true, false, false, false, false]))
        model = new Map([...model, [`more-${next()}`, createUseCase(next)]]);
      world.write(model);
      models.set(branch, model);
      if (!(await world.build())) return [`what ${branch} edits does not build: ${world.said()}`];
      // A branch that main has gone on without takes what main gave out, unless the change is none that main's releases
      // survive: then it waits for a merge.
      if (pick([true, true, true, false]) && !(await world.release()) && !(await world.resolve())) {
        if (!/"(value-removed|field-type-changed|name-reused|unknown-former-name)"/.test(world.said()))
          return [`on ${branch}, neither release nor resolve is right: ${world.said()}`];
        world.git("checkout", "HEAD", "--", "contracts.lock.json");
        if (!(await world.build())) return [`what ${branch} edits does not build again: ${world.said()}`];
      }
      world.commit();
    }
    return [];
  }
}
