import { spawnSync } from "node:child_process";
import { createProject, type Project } from "./project.ts";

/** A project in a git repository of its own. */
export interface Repository extends Project {
  /** Runs git there, and returns what it prints; throws where it fails. */
  git(...args: readonly string[]): string;
  /** Commits all that there is. */
  commit(): void;
}

const SETTINGS = { NAME: "somebody", EMAIL: "somebody@example.org" };

/** A repository on branch `main` without a commit, with a project that has these use cases; it is removed after the test. */
export async function createRepository(useCases: Readonly<Record<string, string>>): Promise<Repository> {
  const project = await createProject({
    "package.json": '{ "type": "module" }\n',
    ".gitignore": ".fivefold/\nnode_modules\n",
  });
  for (const [name, text] of Object.entries(useCases)) await project.write(`usecases/${name}.ts`, text);
  const env = { ...process.env, GIT_CONFIG_GLOBAL: "", GIT_CONFIG_NOSYSTEM: "1" };
  for (const who of ["AUTHOR", "COMMITTER"]) {
    for (const [key, value] of Object.entries(SETTINGS)) Object.assign(env, { [`GIT_${who}_${key}`]: value });
  }
  const git = (...args: readonly string[]): string => {
    const { status, stdout, stderr } = spawnSync("git", args, { cwd: project.root, encoding: "utf8", env });
    if (status !== 0) throw new Error(`git ${args.join(" ")}: ${stderr}`);
    return stdout;
  };
  git("init", "--quiet", "--initial-branch", "main");
  const commit = () => {
    git("add", "--all");
    git("commit", "--quiet", "--allow-empty", "--message", "state");
  };
  return { ...project, git, commit };
}

/** Files of projects that were released, by their use cases: the second time they need no compiler. */
const released = new Map<string, Readonly<Record<string, string>>>();

/** A repository whose only commit has these use cases, released as they are. */
export async function createReleased(useCases: Readonly<Record<string, string>>): Promise<Repository> {
  const project = await createRepository(useCases);
  const key = JSON.stringify(useCases);
  const known = released.get(key);
  if (known) {
    for (const [path, text] of Object.entries(known)) await project.write(path, text);
  } else {
    const { code, stderr } = await project.fivefold("release");
    if (code !== 0) throw new Error(`The use cases can't be released: ${stderr}`);
  }
  project.commit();
  const paths = project.git("ls-files").trim().split("\n");
  if (!known) {
    const files = await Promise.all(paths.map(async (path) => [path, await project.read(path)] as const));
    released.set(key, Object.fromEntries(files));
  }
  return project;
}

/** A use case whose event `OrderPlaced` has these fields. */
export function orderUseCase(fields: readonly string[], settings = "handler: () => {}"): string {
  return [
    'import { type Int, useCase } from "fivefold";',
    "export interface OrderPlaced {",
    ...fields.map((field) => `  ${field};`),
    "}",
    `export default useCase<OrderPlaced>({ owner: "team-shop", ${settings} });`,
    "",
  ].join("\n");
}
