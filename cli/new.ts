import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { clientName } from "../compiler/emit/client.ts";
import { Fault, filing } from "./fault.ts";
import { findOrStartProject, USE_CASES } from "./project.ts";
import { EXAMPLE_EVENT, isUseCasePath, suggestPath, TSCONFIG, useCaseName, useCaseText } from "./scaffold.ts";
import { colorsOf, say } from "./terminal.ts";

export interface NewOptions {
  readonly root?: string;
}

/** A file to write, and why, as a person is told. */
interface Change {
  /** Relative to the project's root. */
  readonly path: string;
  readonly text: string;
  readonly why: string;
}

/** `fivefold new <name>` */
export async function newUseCase(path: string, options: NewOptions): Promise<void> {
  if (!isUseCasePath(path)) throw badName(path);
  const root = findOrStartProject(options.root);
  const changes = await filing("The project can't be read", async () => [
    await useCaseChange(root, path),
    ...(await packageChange(root)),
    ...(await tsconfigChange(root)),
    ...(await gitignoreChange(root)),
  ]);
  await filing("The use case can't be written", async () => {
    for (const { path, text } of changes) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), text);
    }
  });
  report(root, path, changes);
}

function badName(path: string): Fault {
  const suggestion = suggestPath(path);
  return new Fault(
    "usage",
    `'${path}' is no use case name: a name is lower-case words joined by hyphens, with folders where wanted ` +
      `(charge-card, billing/charge-card).${suggestion ? ` Try '${suggestion}'.` : ""}`,
  );
}

async function readIfThere(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
}

async function useCaseChange(root: string, path: string): Promise<Change> {
  const file = `${USE_CASES}/${path}.ts`;
  if ((await readIfThere(join(root, file))) !== undefined) {
    throw new Fault("input", `${file} exists already, and is left as it is: choose another name, or delete it first.`);
  }
  return { path: file, text: useCaseText(path), why: "a use case that compiles and runs as it is" };
}

/** Use cases are ES modules, so the package has to say `"type": "module"`. */
async function packageChange(root: string): Promise<Change[]> {
  const path = "package.json";
  const text = await readIfThere(join(root, path));
  if (text === undefined) {
    return [{ path, text: `{\n  "private": true,\n  "type": "module"\n}\n`, why: "use cases are ES modules" }];
  }
  const manifest = parseManifest(text, join(root, path));
  if (manifest.type === "module") return [];
  if (manifest.type === "commonjs" && (await hasScripts(root))) {
    throw new Fault(
      "input",
      `package.json says "type": "commonjs", and use cases are ES modules. Its .js and .ts files would change their ` +
        'meaning, so nothing was written: set it to "module" (`npm pkg set type=module`), or give the use cases a ' +
        "folder with a package.json of their own.",
    );
  }
  const indent = /^[ \t]+/m.exec(text)?.[0] ?? "  ";
  const end = text.endsWith("\n") ? "\n" : "";
  const changed = `${JSON.stringify({ ...manifest, type: "module" }, null, indent)}${end}`;
  return [{ path, text: changed, why: `"type": "module" was set: use cases are ES modules` }];
}

function parseManifest(text: string, path: string): Record<string, unknown> {
  try {
    const manifest: unknown = JSON.parse(text.replace(/^\uFEFF/, ""));
    if (typeof manifest === "object" && manifest !== null && !Array.isArray(manifest)) return { ...manifest };
    throw new SyntaxError("it holds no object");
  } catch (error) {
    throw new Fault("input", `${path} is no valid JSON: ${(error as Error).message}.`, { cause: error });
  }
}

/** Whether a package has files that are CommonJS because package.json says so. Packages below it have their own say. */
async function hasScripts(root: string): Promise<boolean> {
  const entries = await readdir(root, { withFileTypes: true });
  if (entries.some((entry) => entry.isFile() && /\.[jt]sx?$/.test(entry.name))) return true;
  for (const entry of entries) {
    if (!entry.isDirectory() || entry.name === "node_modules" || entry.name.startsWith(".")) continue;
    const folder = join(root, entry.name);
    if ((await readIfThere(join(folder, "package.json"))) === undefined && (await hasScripts(folder))) return true;
  }
  return false;
}

async function tsconfigChange(root: string): Promise<Change[]> {
  const path = "tsconfig.json";
  if ((await readIfThere(join(root, path))) !== undefined) return [];
  return [{ path, text: TSCONFIG, why: "settings for code that Node runs as it is" }];
}

async function gitignoreChange(root: string): Promise<Change[]> {
  const path = ".gitignore";
  const text = (await readIfThere(join(root, path))) ?? "";
  if (/^\/?\.fivefold\/?\s*$/m.test(text)) return [];
  const separator = text === "" || text.endsWith("\n") ? "" : "\n";
  return [{ path, text: `${text}${separator}.fivefold/\n`, why: "the local data and cache are not for commits" }];
}

function isInstalled(root: string): boolean {
  try {
    createRequire(join(root, "package.json")).resolve("fivefold");
    return true;
  } catch {
    return false;
  }
}

function report(root: string, path: string, changes: readonly Change[]): void {
  const { bold, dim, green } = colorsOf(process.stdout);
  const from = relative(process.cwd(), root);
  const width = Math.max(...changes.map((change) => join(from, change.path).length));
  for (const change of changes) {
    say(`${green("✓")} ${join(from, change.path).padEnd(width)}  ${dim(change.why)}`);
  }
  const name = useCaseName(path);
  const steps = [
    ...(isInstalled(root) ? [] : [["npm install fivefold", "the use case imports it"]]),
    ["npx fivefold build", `writes generated/${name}/: client, validator, codec, executor`],
    ["npx fivefold dev", "runs it on this machine"],
  ] as const;
  const stepWidth = Math.max(...steps.map(([command]) => command?.length ?? 0));
  say(`\n${bold("Next")}${from === "" ? "" : dim(`, in ${from}`)}`);
  for (const [command = "", why = ""] of steps) say(`  ${command.padEnd(stepWidth)}  ${dim(why)}`);
  const client = clientName(name);
  say(`\n${bold("To enqueue")}, from any program of this project:`);
  say(`  import { ${client} } from "./generated/${name}/client.ts";`);
  say(`  await ${client}.enqueue(${EXAMPLE_EVENT});`);
}
