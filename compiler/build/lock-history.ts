import { MANIFEST_FILE } from "../emit/manifest.ts";
import type { History } from "../lock/check-history.ts";
import { LOCK_FILE } from "../lock/lock.ts";
import { type Lock, type LockedUseCase, type LockParts, tryReadLock } from "../lock/lock-file.ts";
import { type Claims, claimsOf, joinClaims, type LockCommit, lostReleases } from "../lock/lock-history.ts";
import { isSameShape } from "../model/shape.ts";
import { readText } from "../read/text.ts";
import { findRepository, type Repository } from "./git.ts";

/** What git says of the lock, and what it can't say. */
export interface KnownHistory extends History {
  /** In half a sentence, why some of it is not known. */
  readonly unchecked: string | undefined;
}

/** What the next commit comes after; with MERGE_HEAD, it is a merge. */
const PARENTS = ["HEAD", "MERGE_HEAD"];

/**
 * What earlier commits released. Of a lock that is there, its last commit is asked alone unless `whole` is set: to go
 * through all of a history takes a while in a large repository.
 */
export function historyOfLock(root: string, { whole }: { readonly whole: boolean }): KnownHistory {
  const repository = findRepository(root);
  const wasBuilt = readText(root, MANIFEST_FILE).text !== undefined;
  if (!repository) return { ...NONE, wasBuilt, unchecked: undefined };
  if ("reason" in repository) return { ...NONE, wasBuilt, unchecked: repository.reason };
  const { text } = readText(root, LOCK_FILE);
  const asked = whole || text === undefined;
  // Mostly the lock is as the last commit has it, but for a few use cases.
  const parts: LockParts = new Map();
  const histories = asked ? wholeHistories(repository, parts) : lastCommits(repository, parts);
  const lock = text === undefined ? undefined : tryReadLock(text, parts);
  const before = histories.map(claimsOf);
  const own = joinClaims(before, lock, LOCK_FILE);
  const isContradicted = lock !== undefined && lostReleases(lock, own).some(({ isOther }) => isOther);
  const claims = isContradicted ? joinClaims([...before, ...claimsOfMains(repository, lock)], lock, LOCK_FILE) : own;
  const last = histories.flatMap((commits) => commits.findLast((commit) => commit.lock !== undefined) ?? [])[0];
  const isCut = asked && repository.isShallow;
  return {
    claims,
    last,
    wasBuilt,
    read: text !== undefined && lock ? { text, lock } : undefined,
    unchecked: isCut ? "the clone is shallow (`git fetch --unshallow` gets the rest)" : undefined,
  };
}

const NONE = { claims: new Map() as Claims, last: undefined };

/**
 * What a lock has as main branches have it: what this branch released by the same numbers is then given up, as it would be
 * in a merge.
 */
function claimsOfMains(repository: Repository, lock: Lock): Claims[] {
  // One that this branch comes after is in its own history.
  const others = repository.mains().filter(({ hash }) => !repository.isAncestor(hash, "HEAD"));
  return others.map(({ hash }) => {
    const [text] = repository.showAll([hash], LOCK_FILE);
    const there = (text !== undefined && tryReadLock(text)) || new Map<string, LockedUseCase>();
    const same = [...there].map(([name, locked]) => {
      const mine = lock.get(name)?.releases;
      const releases = [...locked.releases].filter(([version, shape]) => {
        const own = mine?.get(version);
        return own !== undefined && isSameShape(own, shape);
      });
      return [name, { ...locked, releases: new Map(releases) }] as const;
    });
    return claimsOf([{ name: hash, parents: [], lock: new Map(same) }]);
  });
}

function lastCommits(repository: Repository, parts: LockParts): LockCommit[][] {
  const names = PARENTS.map((name) => [name]);
  return commitsOf(repository, names, parts).map((commit) => [commit]);
}

/** For each parent, the commits up to it that changed the lock, and the merges between them, oldest first. */
function wholeHistories(repository: Repository, parts: LockParts): LockCommit[][] {
  return PARENTS.filter((name) => repository.find(name) !== undefined).map((tip) => {
    const options = ["--full-history", "--simplify-merges", "--parents", "--topo-order", "--reverse"];
    const lines = repository.run("rev-list", ...options, tip, "--", LOCK_FILE) ?? [];
    return commitsOf(
      repository,
      lines.map((line) => line.split(" ")),
      parts,
    );
  });
}

function commitsOf(repository: Repository, commits: readonly (readonly string[])[], known: LockParts): LockCommit[] {
  const texts = repository.showAll(
    commits.map(([name = ""]) => name),
    LOCK_FILE,
  );
  return commits.map(([name = "", ...parents], i) => {
    const text = texts[i];
    return { name, parents, lock: text === undefined ? undefined : tryReadLock(text, known) };
  });
}
