import { existsSync } from "node:fs";
import { join } from "node:path";
import { createBuilder } from "../../compiler/build/build-project.ts";
import { analyse } from "../../compiler/build/compile.ts";
import { type Commit, openRepository, type Repository } from "../../compiler/build/git.ts";
import { writeLockFile } from "../../compiler/build/lock-file.ts";
import { historyOfLock } from "../../compiler/build/lock-history.ts";
import { GENERATED } from "../../compiler/build/outputs.ts";
import { LOCK_FILE } from "../../compiler/lock/lock.ts";
import type { Lock } from "../../compiler/lock/lock-file.ts";
import { type LostRelease, lostReleases } from "../../compiler/lock/lock-history.ts";
import { type Declared, type Dispute, mergeLocks } from "../../compiler/lock/merge-locks.ts";
import { releaseVersions } from "../../compiler/lock/release.ts";
import { writeLock } from "../../compiler/lock/write-lock.ts";
import type { UseCase } from "../../compiler/model/model.ts";
import { EXIT, Fault } from "../../loader/fault.ts";
import { findProject } from "../../loader/project.ts";
import { reportOfDiagnostic } from "../diagnostics.ts";
import { colorsOf, complain, say, sayJson } from "../terminal.ts";
import { showBuild } from "./build-output.ts";
import { lockAt, locksOfTags } from "./given-out.ts";

export interface ResolveOptions {
  readonly json?: boolean;
  readonly root?: string;
}

/** What a merge, cherry-pick, revert or rebase that stopped is taking in. */
const UNDER_WAY = ["MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "REBASE_HEAD"];

/**
 * `fivefold resolve`: writes the lock that two branches come to, main's numbers first, and builds and releases on it. It
 * works on what git says, and not on what a merge has made of the file.
 */
export async function resolve({ json = false, root: folder }: ResolveOptions): Promise<void> {
  const root = findProject(folder);
  const repository = openRepository(root);
  const { lock, disputes, from } = resolvedLock(repository, await readDeclared(root));
  if (lock.size > 0) await writeLockFile(root, writeLock(lock));
  // Only now, for of what two histories contradict each other in, the lock says which one was chosen.
  const { claims } = historyOfLock(root, { whole: true });
  const whole = withLost(lock, lostReleases(lock, claims));
  if (whole !== lock) await writeLockFile(root, writeLock(whole));
  const released = releasedIn(whole);
  const result = await createBuilder(root).build({ keep: true, wholeHistory: true });
  const built = result.difference && result.compilation.locked;
  const useCases = result.compilation.useCases.filter(({ name }) => released.has(name));
  const release = built && releaseVersions(useCases, built);
  if (release && release.released.length > 0) await writeLockFile(root, writeLock(release.lock));
  if (release) stage(root, repository);
  else process.exitCode = EXIT.input;
  if (json) {
    const diagnostics = result.compilation.diagnostics.map(reportOfDiagnostic);
    return sayJson({ ok: !!release, from, givenUp: disputes, released: release?.released ?? [], diagnostics });
  }
  showBuild(result);
  const { bold, green } = colorsOf(process.stdout);
  for (const { useCase, version } of disputes) {
    say(`${bold(useCase)}: version ${version} was released twice. ${from}'s stays, and the other is given up.`);
  }
  if (!release) return complain(`${LOCK_FILE} is as both sides have it. Fix the errors, and run this again.`);
  for (const { useCase, version } of release.released)
    say(`${green("✓")} ${bold(useCase)}: version ${version} released`);
  say(`${green("✓")} ${LOCK_FILE} and ${GENERATED}/ are resolved${from === "" ? "" : `, on ${from}'s numbers`}.`);
}

interface Resolved {
  readonly lock: Lock;
  readonly disputes: readonly Dispute[];
  /** Whose numbers come first; empty: there was one lock alone. */
  readonly from: string;
}

/** The lock as it stands says nothing of the sources: it may be full of a merge's marks. */
async function readDeclared(root: string): Promise<Declared> {
  const { useCases } = await analyse({ root, types: false });
  const names = ({ event: { messages, enums, unions } }: UseCase) => [
    ...messages.flatMap(({ fields }) => fields),
    ...enums.flatMap(({ members }) => members),
    ...unions.flatMap(({ variants }) => variants),
  ];
  const known = new Map(useCases.map((useCase) => [useCase.name, new Set(names(useCase).map(({ name }) => name))]));
  return (useCase, name) => known.get(useCase)?.has(name) ?? false;
}

function resolvedLock(repository: Repository, declared: Declared): Resolved {
  const head = repository.find("HEAD");
  if (head === undefined) throw new Fault("usage", "The repository has no commit yet, so there is nothing to resolve.");
  const other = otherSide(repository, head);
  const here = lockAt(repository, head);
  return other ? mergeWith(repository, head, here, other, declared) : { lock: here, disputes: [], from: "" };
}

/** What is merged in, or, where nothing is, a main branch that has gone on since this one left it. */
function otherSide(repository: Repository, head: string): Commit | undefined {
  for (const name of UNDER_WAY) {
    const hash = repository.find(name);
    if (hash) return { hash, label: repository.mains().find((main) => main.hash === hash)?.label ?? name };
  }
  return repository.mains().find(({ hash }) => !repository.isAncestor(hash, head));
}

function mergeWith(repository: Repository, head: string, here: Lock, other: Commit, declared: Declared): Resolved {
  const base = repository.mergeBase(head, other.hash);
  const before = base === undefined ? new Map() : lockAt(repository, base);
  const there = lockAt(repository, other.hash);
  const isMains = repository.mains().some(({ hash }) => repository.isAncestor(other.hash, hash));
  const { lock, disputes } = isMains
    ? mergeLocks(before, there, here, declared)
    : mergeLocks(before, here, there, declared);
  refuseTwice(repository, disputes, [here, there]);
  return { lock, disputes, from: isMains ? other.label : "HEAD" };
}

/** A version that is deployed as two things can't be resolved: records of both are there. */
function refuseTwice(repository: Repository, disputes: readonly Dispute[], sides: readonly Lock[]): void {
  if (disputes.length === 0) return;
  const tagged = locksOfTags(repository).map(([, lock]) => lock);
  const texts = (lock: Lock, { useCase, version }: Dispute) => {
    const locked = lock.get(useCase);
    const shape = locked?.releases.get(version);
    return locked && shape
      ? [writeLock(new Map([[useCase, { ...locked, releases: new Map([[version, shape]]) }]]))]
      : [];
  };
  for (const dispute of disputes) {
    const known = new Set(tagged.flatMap((lock) => texts(lock, dispute)));
    const deployed = sides.filter((lock) => texts(lock, dispute).some((text) => known.has(text)));
    if (deployed.length < 2) continue;
    throw new Fault(
      "input",
      `Version ${dispute.version} of '${dispute.useCase}' was released twice, with two types, and tags have both: their ` +
        "records can't be told apart, so no lock is right. Stop what sends one of them, wait until none of its records " +
        `is left, and retire it on its branch: \`fivefold retire ${dispute.useCase} ${dispute.version}\`.`,
    );
  }
}

/** With what earlier commits released, and neither side has as it was. */
function withLost(lock: Lock, lost: readonly LostRelease[]): Lock {
  let whole = lock;
  for (const { useCase, version, isOther, claim } of lost) {
    const there = whole.get(useCase);
    if (there && isOther) {
      const releases = new Map([...there.releases, [version, claim.shape] as const]);
      whole = new Map([...whole, [useCase, { ...there, releases }]]);
    } else whole = mergeLocks(new Map(), whole, new Map([[useCase, claim.locked]])).lock;
  }
  return whole;
}

/** Use cases that are deployed in versions: of others, no version is frozen before somebody asks for it. */
function releasedIn(lock: Lock): Set<string> {
  return new Set(
    [...lock].filter(([, { releases, retired }]) => releases.size > 0 || retired > 0).map(([name]) => name),
  );
}

/** Tells git so, where it waits for that. */
function stage(root: string, repository: Repository): void {
  const paths = [LOCK_FILE, GENERATED].filter((path) => existsSync(join(root, path)));
  if (UNDER_WAY.some((name) => repository.find(name))) repository.run("add", "--all", "--", ...paths);
}
