import { basename } from "node:path";
import { Fault, filing } from "../../loader/fault.ts";
import { findProject } from "../../loader/project.ts";
import { colorsOf, say } from "../terminal.ts";
import { type Change, readIfThere, showChanges, writeChanges } from "./project-files.ts";
import { DOCKERFILE, DOCKERIGNORE, isStackName, PROGRAM, pulumiProjectText, workflowText } from "./stack-files.ts";

export interface NewStacksOptions {
  readonly root?: string;
}

/** `fivefold new-stacks <stack…>`: writes what a deployment takes, beside what is there. */
export async function newStacks(stacks: readonly string[], options: NewStacksOptions): Promise<void> {
  const wrong = stacks.find((name) => !isStackName(name));
  if (wrong !== undefined) {
    throw new Fault(
      "usage",
      `'${wrong}' is no name of a stack: letters, digits and any of -_. make one, such as production-eu.`,
    );
  }
  const root = findProject(options.root);
  const files: readonly Change[] = [
    {
      path: "stacks/Pulumi.yaml",
      text: pulumiProjectText(await pulumiName(root)),
      why: "the Pulumi project; each stack's config comes beside it",
    },
    { path: "stacks/index.ts", text: PROGRAM, why: "its program: all use cases" },
    { path: "Dockerfile", text: DOCKERFILE, why: "one image for all executors" },
    { path: ".dockerignore", text: DOCKERIGNORE, why: "what that is not built from" },
    {
      path: ".github/workflows/deploy.yml",
      text: workflowText(stacks),
      why: "check and preview on a pull request, up on main",
    },
  ];
  const isThere = await filing("The project can't be read", () =>
    Promise.all(files.map(async ({ path }) => (await readIfThere(root, path)) !== undefined)),
  );
  const changes = files.filter((_, at) => !isThere[at]);
  await writeChanges(root, changes);
  if (changes.length > 0) showChanges(root, changes);
  for (const { path } of files.filter((_, at) => isThere[at])) say(`  ${path} exists already, and is left as it is`);
  showNext(stacks);
}

/** The package's name, as far as Pulumi takes it. */
async function pulumiName(root: string): Promise<string> {
  const text = await filing("The project can't be read", () => readIfThere(root, "package.json"));
  const name = /"name"\s*:\s*"([^"]+)"/.exec(text ?? "")?.[1] ?? basename(root);
  const plain = name.replace(/^@[^/]*\//, "").replaceAll(/[^\w.-]+/g, "-");
  return plain.slice(0, 100) || "use-cases";
}

function showNext([stack = ""]: readonly string[]): void {
  const { bold, dim } = colorsOf(process.stdout);
  const steps = [
    ["npm i -D @pulumi/pulumi @pulumi/kubernetes @grafana/grafana-foundation-sdk", "what the program imports"],
    [`cd stacks && pulumi stack init ${stack}`, "for each stack"],
    ["pulumi config set fivefold:tenant …", "docs/deploy.md tells of each key; a preview says which are missing"],
  ] as const;
  const width = Math.max(...steps.map(([command]) => command.length));
  say(`\n${bold("Next")}`);
  for (const [command, why] of steps) say(`  ${command.padEnd(width)}  ${dim(why)}`);
}
