import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { Fault } from "../../loader/fault.ts";

/** A commit, and what it is called. */
export interface Commit {
  readonly hash: string;
  /** `HEAD`, `the merge-base with main`. */
  readonly label: string;
}

/** The repository that a project is in. Only `run` may change it. */
export interface Repository {
  /** The folder of its checkout, and the project's below that: `` or `packages/shop/`. */
  readonly top: string;
  readonly prefix: string;
  /** Whether commits of its history are missing. */
  readonly isShallow: boolean;
  /** The commit that a name stands for; throws a Fault where there is none. */
  commit(ref: string): Commit;
  /** The hash of the commit that a name stands for, if there is one. */
  find(ref: string): string | undefined;
  /** What the project as it stands is usually compared with: where its branch left main, or its last commit. */
  base(): Commit;
  /** The commits that main branches end in, this repository's own and its remote's; none twice. */
  mains(): Commit[];
  /** Tags, by name. */
  tags(): string[];
  /** Where two histories parted; `undefined`: they have nothing in common, as far as is known here. */
  mergeBase(one: string, other: string): string | undefined;
  isAncestor(one: string, other: string): boolean;
  /** The text of a project's file in a commit; `undefined`: the commit has none. */
  show(commit: Pick<Commit, "hash">, path: string): string | undefined;
  /** The same of many commits, or names of them, at once. */
  showAll(refs: readonly string[], path: string): (string | undefined)[];
  /** The lines that git prints; `undefined`: it failed. */
  run(...args: readonly string[]): string[] | undefined;
}

const MAIN = ["main", "origin/main", "master", "origin/master", "origin/HEAD"];

/** What hooks tell git of the repository that they run for; here the folder says which one it is. */
const OF_HOOKS = new Set(["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR"]);

const MAX_BYTES = 2 ** 30;
/** Files that are asked for at once, so that what they hold fits into the memory. */
const AT_ONCE = 64;

/** Throws a Fault where the folder is in no repository, or git is not there. */
export function openRepository(root: string): Repository {
  const found = findRepository(root);
  if (!found) throw new Fault("usage", `${root} is in no git repository, so there is nothing to compare it with.`);
  if ("reason" in found) throw new Fault("environment", `Nothing can be compared: ${found.reason}.`);
  return found;
}

/** `undefined`: the folder is in no repository. `reason`: it is in one that can't be read. */
export function findRepository(root: string): Repository | { readonly reason: string } | undefined {
  if (!isInCheckout(root)) return undefined;
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !OF_HOOKS.has(name)));
  const spawn = (args: readonly string[], input?: string) =>
    spawnSync("git", ["-C", root, ...args], { env, input, maxBuffer: MAX_BYTES });
  const opened = spawn(["rev-parse", "--show-toplevel", "--is-shallow-repository", "--show-prefix"]);
  if (opened.error) {
    const isMissing = (opened.error as NodeJS.ErrnoException).code === "ENOENT";
    return { reason: isMissing ? "git is not installed" : opened.error.message };
  }
  if (opened.status !== 0) return { reason: opened.stderr.toString().trim().split("\n")[0] ?? "" };
  const [top = "", isShallow, prefix = ""] = opened.stdout.toString().split("\n");

  const git = (...args: readonly string[]): string | undefined => {
    const { status, stdout } = spawn(args);
    return status === 0 ? stdout.toString() : undefined;
  };
  const find = (ref: string) => git("rev-parse", "--verify", "--quiet", "--end-of-options", `${ref}^{commit}`)?.trim();
  const mergeBase = (one: string, other: string) => git("merge-base", one, other)?.trim();

  /** As `git cat-file --batch` answers: a line with the size, and the bytes. */
  function showSome(refs: readonly string[], path: string): (string | undefined)[] {
    const { status, stdout } = spawn(["cat-file", "--batch"], refs.map((ref) => `${ref}:${prefix}${path}\n`).join(""));
    if (status !== 0) throw new Fault("environment", `git can't read ${path} of earlier commits.`);
    let at = 0;
    return refs.map(() => {
      const end = stdout.indexOf("\n", at);
      const size = / blob (\d+)$/.exec(stdout.toString("utf8", at, end))?.[1];
      at = end + 1;
      if (size === undefined) return undefined;
      const text = stdout.toString("utf8", at, at + Number(size));
      at += Number(size) + 1;
      return text;
    });
  }

  const repository: Repository = {
    top,
    prefix,
    isShallow: isShallow === "true",
    find,
    mergeBase,
    isAncestor: (one, other) => git("merge-base", "--is-ancestor", one, other) !== undefined,
    commit(ref) {
      const hash = find(ref);
      if (hash === undefined) {
        throw new Fault("usage", `--against names '${ref}', which is no commit, branch or tag of this repository.`);
      }
      return { hash, label: ref };
    },
    base() {
      const head = find("HEAD");
      if (head === undefined)
        throw new Fault("usage", "The repository has no commit yet, so there is nothing to compare with.");
      for (const main of MAIN) {
        const hash = find(main) && mergeBase("HEAD", main);
        if (hash && hash !== head) return { hash, label: `the merge-base with ${main}` };
        if (hash) break;
      }
      return { hash: head, label: "HEAD" };
    },
    mains() {
      const found = new Map<string, Commit>();
      for (const label of MAIN) {
        const hash = find(label);
        if (hash && !found.has(hash)) found.set(hash, { hash, label });
      }
      return [...found.values()];
    },
    tags: () => git("for-each-ref", "--format=%(refname)", "refs/tags")?.split("\n").filter(Boolean) ?? [],
    show: ({ hash }, path) => showSome([hash], path)[0],
    showAll(refs, path) {
      const texts: (string | undefined)[] = [];
      for (let at = 0; at < refs.length; at += AT_ONCE) texts.push(...showSome(refs.slice(at, at + AT_ONCE), path));
      return texts;
    },
    run: (...args) =>
      git(...args)
        ?.split("\n")
        .filter(Boolean),
  };
  return repository;
}

/** Asked of the file system: where there is no repository, git need not be there either. */
function isInCheckout(root: string): boolean {
  for (let folder = root; ; folder = dirname(folder)) {
    if (existsSync(join(folder, ".git"))) return true;
    if (folder === dirname(folder)) return false;
  }
}
