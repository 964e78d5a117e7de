import { findReading, recallReading } from "../../compiler/build/build-cache.ts";
import { analyse, createCompileMemory } from "../../compiler/build/compile.ts";
import { type Commit, openRepository, type Repository } from "../../compiler/build/git.ts";
import { EVOLUTION } from "../../compiler/diagnostics/catalogue/evolution.ts";
import { LOCK } from "../../compiler/diagnostics/catalogue/lock.ts";
import type { Code } from "../../compiler/diagnostics/diagnostics.ts";
import { changedReleases, diffStates } from "../../compiler/diff/diff.ts";
import { currentState, readState, type StateFiles } from "../../compiler/diff/state.ts";
import { MANIFEST_FILE } from "../../compiler/emit/manifest.ts";
import { SHAPES_FILE } from "../../compiler/emit/shapes.ts";
import { LOCK_FILE } from "../../compiler/lock/lock.ts";
import { type Lock, type LockParts, readLock } from "../../compiler/lock/lock-file.ts";
import { releaseVersions } from "../../compiler/lock/release.ts";
import { EXIT, Fault } from "../../loader/fault.ts";
import { findProject } from "../../loader/project.ts";
import { reportOfDiagnostic, showDiagnostics } from "../diagnostics.ts";
import { complain, sayJson } from "../terminal.ts";
import { diffReport, isFine, showDiff } from "./diff-output.ts";
import { readSetAtRunTime, showSetAtRunTime } from "./diff-overrides.ts";
import { collisionsWith, type GivenOut } from "./given-out.ts";

export interface DiffOptions {
  readonly against?: string;
  readonly overrides?: boolean;
  readonly data?: string;
  readonly json?: boolean;
  readonly root?: string;
}

/** `fivefold diff` */
export async function diff({
  against,
  overrides = false,
  data,
  json = false,
  root: folder,
}: DiffOptions): Promise<void> {
  if (data !== undefined && !overrides) throw new Fault("usage", "--data says where --overrides looks: give both.");
  const root = findProject(folder);
  const repository = openRepository(root);
  const commit = against === undefined ? repository.base() : comparedWith(repository, repository.commit(against));
  // What TypeScript finds besides changes nothing of what records look like.
  const parts: LockParts = new Map();
  const memory = createCompileMemory(parts);
  const known = findReading(root);
  if (known) recallReading(known, memory);
  const compilation = await analyse({ root, types: false, memory });
  const unread = compilation.diagnostics.filter(({ code, severity }) => severity === "error" && !isOfEvolution(code));
  if (unread.length > 0) {
    if (json) sayJson({ ok: false, diagnostics: compilation.diagnostics.map(reportOfDiagnostic) });
    else {
      showDiagnostics(compilation);
      complain("Fix these errors first: what changed is known once the use cases compile.");
    }
    process.exitCode = EXIT.input;
    return;
  }
  const { useCases, locked: lock = new Map() } = compilation;
  const result = reading(commit, () => {
    const old = filesAt(repository, commit, parts);
    return {
      ...diffStates(readState(old), currentState(useCases, lock)),
      releases: changedReleases(old.lock, lock),
      collisions: collisions(repository, against, releaseVersions(useCases, lock).lock, parts),
    };
  });
  const set = overrides ? await readSetAtRunTime(useCases, { root, ...(data !== undefined && { data }) }) : undefined;
  if (json) sayJson({ ...diffReport(result, commit, compilation.diagnostics), ...(set && { overrides: set }) });
  else {
    showDiff(result, commit);
    if (set) showSetAtRunTime(set);
    showDiagnostics(compilation);
  }
  if (!isFine(result) || compilation.diagnostics.some(({ severity }) => severity === "error")) {
    process.exitCode = EXIT.input;
  }
}

/** A branch that has gone on since this one left it has not lost what this one gained, nor the other way round. */
function comparedWith(repository: Repository, commit: Commit): Commit {
  const base = repository.isAncestor(commit.hash, "HEAD") ? undefined : repository.mergeBase("HEAD", commit.hash);
  return base === undefined ? commit : { hash: base, label: `the merge-base with ${commit.label}` };
}

/** With that commit, or with every main branch. */
function collisions(repository: Repository, against: string | undefined, here: Lock, parts: LockParts): GivenOut[] {
  const others = against === undefined ? repository.mains() : [repository.commit(against)];
  return others.flatMap(({ hash, label }) => collisionsWith(repository, hash, label, here, parts));
}

/** Faults of changes, which a diff is there to tell; a lock that can't be read tells nothing. */
function isOfEvolution(code: Code): boolean {
  return code !== "bad-lock" && (code in EVOLUTION || code in LOCK);
}

function filesAt(repository: Repository, commit: Commit, parts: LockParts): StateFiles {
  const lock = repository.show(commit, LOCK_FILE);
  return {
    manifest: repository.show(commit, MANIFEST_FILE),
    shapes: repository.show(commit, SHAPES_FILE),
    lock: lock === undefined ? new Map() : readLock(lock, parts),
  };
}

function reading<T>({ label }: Commit, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Fault("input", `The generated files of ${label} can't be read: ${reason}.`, { cause: error });
  }
}
