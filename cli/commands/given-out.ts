import { findRepository, type Repository } from "../../compiler/build/git.ts";
import { LOCK_FILE } from "../../compiler/lock/lock.ts";
import { type Collision, lockCollisions } from "../../compiler/lock/lock-collisions.ts";
import { type Lock, type LockParts, tryReadLock } from "../../compiler/lock/lock-file.ts";

/** A collision, and with what. */
export type GivenOut = Collision & { readonly ref: string };

/** What main branches and tags have given out, and a lock uses for something else. Its versions in the making are in it. */
export function givenOut(root: string, here: Lock, parts?: LockParts): GivenOut[] {
  const repository = findRepository(root);
  if (!repository || "reason" in repository || repository.find("HEAD") === undefined) return [];
  const found = repository.mains().flatMap(({ hash, label }) => collisionsWith(repository, hash, label, here, parts));
  const known = new Set(found.map(({ useCase }) => useCase));
  const ofTags = locksOfTags(repository, parts).flatMap(([ref, lock]) =>
    lockCollisions(EMPTY, lock, here)
      // Which numbers were new in a tag is not asked: a version that was released tells of its numbers.
      .filter(({ kind, useCase }) => kind === "version" && !known.has(useCase))
      .map((collision) => ({ ...collision, ref })),
  );
  const once = new Map(ofTags.reverse().map((collision) => [collision.useCase, collision]));
  return [...found, ...once.values()];
}

/** The same of one commit. */
export function collisionsWith(
  repository: Repository,
  hash: string,
  ref: string,
  here: Lock,
  parts?: LockParts,
): GivenOut[] {
  if (repository.isAncestor(hash, "HEAD")) return [];
  const base = repository.mergeBase("HEAD", hash);
  const before = base === undefined ? EMPTY : lockAt(repository, base, parts);
  return lockCollisions(before, lockAt(repository, hash, parts), here).map((collision) => ({ ...collision, ref }));
}

const EMPTY: Lock = new Map();

/** The lock as a commit has it; an empty one where it has none that can be read. */
export function lockAt(repository: Repository, hash: string, parts?: LockParts): Lock {
  const text = repository.show({ hash }, LOCK_FILE);
  return (text !== undefined && tryReadLock(text, parts)) || EMPTY;
}

/** The locks of tags; what several have in common is read once. */
export function locksOfTags(
  repository: Repository,
  parts: LockParts = new Map(),
): (readonly [ref: string, lock: Lock])[] {
  const tags = repository.tags();
  const texts = repository.showAll(tags, LOCK_FILE);
  const seen = new Set<string>();
  return tags.flatMap((tag, i) => {
    const text = texts[i];
    if (text === undefined || seen.has(text)) return [];
    seen.add(text);
    const lock = tryReadLock(text, parts);
    return lock ? [[tag.replace("refs/tags/", ""), lock] as const] : [];
  });
}

/** In a line: what is given out where, and what to do. */
export function givenOutText(found: GivenOut): string {
  const what =
    found.kind === "version"
      ? `version ${found.version} is another one at ${found.ref}`
      : `number ${found.number} of ${found.type} is '${found.here}' here and '${found.there}' at ${found.ref}`;
  return `${found.useCase}: ${what}`;
}

export const GIVEN_OUT_MEND =
  "Run `fivefold resolve`: it takes what is given out from there, and numbers the rest anew.";
