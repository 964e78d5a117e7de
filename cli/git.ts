import { spawnSync } from "node:child_process";
import { Fault } from "./fault.ts";

/** A commit, and what it is called. */
export interface Commit {
  readonly hash: string;
  /** `HEAD`, `the merge-base with main`. */
  readonly label: string;
}

/** The repository that a project is in, which is only read from. */
export interface Repository {
  /** The commit that a name stands for; throws a Fault where there is none. */
  commit(ref: string): Commit;
  /** What the project as it stands is usually compared with: where its branch left main, or its last commit. */
  base(): Commit;
  /** The text of a project's file in a commit; `undefined`: the commit has none. */
  show(commit: Commit, path: string): string | undefined;
}

const MAIN = ["main", "origin/main", "master", "origin/master"];

/** Throws a Fault where the folder is in no repository, or git is not there. */
export function openRepository(root: string): Repository {
  const git = (...args: readonly string[]): string | undefined => {
    const { status, stdout, error } = spawnSync("git", ["-C", root, ...args], { encoding: "utf8", maxBuffer: 2 ** 30 });
    if (error) {
      const why = (error as NodeJS.ErrnoException).code === "ENOENT" ? "git is not installed" : error.message;
      throw new Fault("environment", `Nothing can be compared: ${why}.`, { cause: error });
    }
    return status === 0 ? stdout : undefined;
  };
  if (git("rev-parse", "--git-dir") === undefined) {
    throw new Fault("usage", `${root} is in no git repository, so there is nothing to compare it with.`);
  }
  const hashOf = (ref: string) =>
    git("rev-parse", "--verify", "--quiet", "--end-of-options", `${ref}^{commit}`)?.trim();
  return {
    commit(ref) {
      const hash = hashOf(ref);
      if (hash === undefined) {
        throw new Fault("usage", `--against names '${ref}', which is no commit, branch or tag of this repository.`);
      }
      return { hash, label: ref };
    },
    base() {
      const head = hashOf("HEAD");
      if (head === undefined)
        throw new Fault("usage", "The repository has no commit yet, so there is nothing to compare with.");
      for (const main of MAIN) {
        const hash = hashOf(main) && git("merge-base", "HEAD", main)?.trim();
        if (hash && hash !== head) return { hash, label: `the merge-base with ${main}` };
        if (hash) break;
      }
      return { hash: head, label: "HEAD" };
    },
    show: ({ hash }, path) => git("show", `${hash}:./${path}`),
  };
}
