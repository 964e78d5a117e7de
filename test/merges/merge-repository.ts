import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { diff } from "../../cli/commands/diff.ts";
import { release } from "../../cli/commands/release.ts";
import { resolve as resolveLock } from "../../cli/commands/resolve.ts";
import { createBuilder } from "../../compiler/build/build-project.ts";
import { countChanges } from "../../compiler/build/outputs.ts";
import { Fault } from "../../loader/fault.ts";
import { mergeModels, modelOf, type ProjectModel, sourceOf } from "./event-model.ts";
import {
  type DiffJson,
  doubleNumbers,
  fieldChanges,
  haveCollision,
  lostReleases,
  readLockJson,
  reportedChanges,
} from "./merge-checks.ts";

const REPOSITORY = resolve(import.meta.dirname, "../..");
const LOCK = "contracts.lock.json";

/** With as little to check as there can be: each command does so anew. */
const TSCONFIG = JSON.stringify({
  compilerOptions: {
    module: "nodenext",
    target: "es2024",
    lib: ["es2024", "dom"],
    types: [],
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    allowImportingTsExtensions: true,
  },
});

/** A repository whose branches are merged by git, and what Fivefold then says and does, run in this process. */
export function createMergeRepository(root: string, hasDriver: boolean) {
  const env = { ...process.env, GIT_CONFIG_GLOBAL: "", GIT_CONFIG_NOSYSTEM: "1", GIT_EDITOR: "true" };
  for (const who of ["AUTHOR", "COMMITTER"])
    Object.assign(env, { [`GIT_${who}_NAME`]: "a", [`GIT_${who}_EMAIL`]: "a@b" });
  const tryGit = (...args: readonly string[]) => spawnSync("git", args, { cwd: root, encoding: "utf8", env });
  const git = (...args: readonly string[]): string => {
    const { status, stdout, stderr } = tryGit(...args);
    if (status !== 0) throw new Error(`git ${args.join(" ")}: ${stderr}${stdout}`);
    return stdout.trim();
  };
  const lockAt = (ref: string) => readLockJson(tryGit("show", `${ref}:${LOCK}`).stdout || undefined);
  const read = (): ProjectModel =>
    readModels((path) => readFileSync(join(root, path), "utf8"), git("ls-files", "usecases"));
  const readAt = (ref: string): ProjectModel =>
    readModels((path) => `${git("show", `${ref}:${path}`)}\n`, git("ls-tree", "-r", "--name-only", ref, "usecases"));
  const write = (model: ProjectModel) => {
    for (const [name, useCase] of model) writeFileSync(join(root, `usecases/${name}.ts`), sourceOf(useCase));
  };
  const commit = () => {
    git("add", "--all");
    git("commit", "--quiet", "--allow-empty", "--message", "state");
  };
  /** What the last command that failed had to say. */
  let said = "";
  const ends = async (work: () => Promise<void>) => {
    const { ok, text } = await captured(work);
    if (!ok) said = text.slice(0, 800);
    return ok;
  };
  const commands = {
    build: async () => {
      const { difference, compilation } = await createBuilder(root).build({ types: false });
      if (!difference) said = compilation.diagnostics.map(({ code, message }) => `${code}: ${message}`).join("; ");
      return difference !== undefined;
    },
    check: async () => {
      const { difference } = await createBuilder(root).build({ types: false, check: true, wholeHistory: true });
      return difference !== undefined && countChanges(difference) === 0;
    },
    release: () => ends(() => release({ root, json: true })),
    releaseCheck: () => ends(() => release({ root, check: true, json: true })),
    resolve: () => ends(() => resolveLock({ root, json: true })),
    diff: async (against: string) => {
      const { text } = await captured(() => diff({ root, against, json: true }));
      const report = text.startsWith("{") ? (JSON.parse(text) as DiffJson) : undefined;
      if (report?.useCases === undefined) throw new Error(`diff fails in ${root}: ${text}`);
      return report;
    },
  };

  return {
    git,
    said: () => said,
    read,
    write,
    commit,
    ...commands,
    async begin(model: ProjectModel) {
      rmSync(root, { recursive: true, force: true });
      mkdirSync(join(root, "usecases"), { recursive: true });
      mkdirSync(join(root, "node_modules", "@types"), { recursive: true });
      symlinkSync(REPOSITORY, join(root, "node_modules", "fivefold"));
      cpSync(join(REPOSITORY, "node_modules/@types/node"), join(root, "node_modules/@types/node"), { recursive: true });
      writeFileSync(join(root, "package.json"), '{ "type": "module" }\n');
      writeFileSync(join(root, "tsconfig.json"), TSCONFIG);
      writeFileSync(join(root, ".gitignore"), "node_modules\n.fivefold\n");
      writeFileSync(join(root, ".gitattributes"), `${LOCK} merge=fivefold\n`);
      git("init", "--quiet", "--initial-branch", "main");
      const driver = `${process.execPath} ${join(REPOSITORY, "cli/main.js")} merge-lock %O %A %B`;
      if (hasDriver) git("config", "merge.fivefold.driver", driver);
      write(model);
      if (!(await commands.release())) throw new Error(`The first release fails: ${said}`);
      commit();
    },

    /** Holds what `diff` says of a branch against what its models say. */
    async checkDiff(main: string, branch: string, models: ReadonlyMap<string, ProjectModel>): Promise<string[]> {
      git("switch", "--quiet", branch);
      const report = await commands.diff(main);
      const base = git("merge-base", main, branch);
      const expected = fieldChanges(readAt(base), models.get(branch)!);
      return [
        ...differs("diff on the branch", reportedChanges(report), expected),
        // A branch that has main's last commit has also settled which of both keeps a number.
        ...(base !== git("rev-parse", main) &&
        haveCollision(lockAt(branch), lockAt(main)) &&
        report.collisions.length === 0
          ? ["diff on the branch tells of no collision, and there is one"]
          : []),
      ];
    },

    async merge(into: string, from: string): Promise<{ kind: "clean" | "conflicts" | "refused"; faults: string[] }> {
      git("switch", "--quiet", into);
      const base = git("merge-base", into, from);
      const [before, main, other] = [readAt(base), readAt("main"), readAt("work")];
      const [mainLock, otherLock] = [lockAt("main"), lockAt("work")];
      const mainTip = git("rev-parse", "main");
      const isClean = tryGit("merge", "--quiet", "--no-edit", from).status === 0;
      const sources = isClean ? read() : new Map();
      const passes = isClean && (await commands.check()) && (await commands.releaseCheck());
      const faults: string[] = [];
      if (!passes) {
        // A person sees to the use cases; all else is for `resolve`.
        const wanted = mergeAll(before, main, other);
        const isMergedByGit = isClean && [...wanted.keys()].every((name) => sources.has(name));
        if (!isMergedByGit) write(wanted);
        let resolved = await commands.resolve();
        if (!resolved && isMergedByGit) {
          write(wanted);
          resolved = await commands.resolve();
        }
        if (!resolved) return { kind: "conflicts", faults: [`resolve fails: ${said}`] };
        if (isClean) commit();
        else {
          git("add", "--all");
          git("commit", "--quiet", "--no-edit");
        }
        if (!(await commands.check())) faults.push("build --check fails after resolve");
        if (!(await commands.releaseCheck())) {
          // What was not released on either side is nobody's to release in a merge.
          if (!(await commands.release()) || !(await commands.releaseCheck()))
            faults.push(`release --check fails after resolve: ${said}`);
          commit();
        }
      }
      const merged = lockAt("HEAD");
      faults.push(...doubleNumbers(merged), ...lostReleases(merged, mainLock, otherLock));
      faults.push(
        ...differs("diff of the merge", reportedChanges(await commands.diff(mainTip)), fieldChanges(main, read())),
      );
      const kind = passes ? "clean" : isClean ? "refused" : "conflicts";
      return { kind, faults: faults.map((fault) => `${kind} merge of ${from} into ${into}: ${fault}`) };
    },
  };
}

function mergeAll(before: ProjectModel, main: ProjectModel, other: ProjectModel): ProjectModel {
  return new Map(
    [...new Set([...main.keys(), ...other.keys()])].map((name) => {
      const [was, one, two] = [before.get(name), main.get(name), other.get(name)];
      return [name, one && two ? mergeModels(was ?? one, one, two) : (one ?? two)!];
    }),
  );
}

function readModels(textOf: (path: string) => string, paths: string): ProjectModel {
  return new Map(
    paths.split("\n").flatMap((path) => {
      const model = modelOf(textOf(path));
      return model ? [[path.replace(/^usecases\/|\.ts$/g, ""), model] as const] : [];
    }),
  );
}

function differs(what: string, is: readonly string[], expected: readonly string[]): string[] {
  const [a, b] = [is.join(", "), expected.join(", ")];
  return a === b ? [] : [`${what} says '${a}', and it is '${b}'`];
}

/** Runs a command in this process: to load the compiler for each would take most of the time. */
async function captured(work: () => Promise<void>): Promise<{ readonly ok: boolean; readonly text: string }> {
  const before = process.exitCode;
  const { write } = process.stdout;
  let text = "";
  process.exitCode = 0;
  process.stdout.write = ((chunk: string) => {
    text += chunk;
    return true;
  }) as typeof write;
  try {
    await work();
    return { ok: process.exitCode === 0, text };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { ok: false, text: error.message };
  } finally {
    process.stdout.write = write;
    process.exitCode = before;
  }
}
