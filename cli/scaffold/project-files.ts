import { readdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { join, posix, relative } from "node:path";
import { makeFolder, readOwn, refuseLinks, replaceFile } from "../../compiler/build/own-files.ts";
import { Fault, filing } from "../../loader/fault.ts";
import { colorsOf, say } from "../terminal.ts";
import { MERGE_DRIVER } from "./merge-driver.ts";
import { AGENTS_SECTION, COMMONJS_TSCONFIG, TSCONFIG } from "./scaffold.ts";

/** A file to write, and why, as a person is told. */
export interface Change {
  /** Relative to the project's root. */
  readonly path: string;
  readonly text: string;
  readonly why: string;
}

/** What a folder lacks of being a project that use cases run in. */
export async function projectChanges(root: string): Promise<Change[]> {
  const isCommonJs = await isCommonJsPackage(root);
  return [
    ...(isCommonJs ? [] : await packageChange(root)),
    ...(await tsconfigChange(root, isCommonJs)),
    ...(await gitignoreChange(root)),
    ...(await gitattributesChange(root)),
    ...(await agentsChange(root)),
  ];
}

export async function writeChanges(root: string, changes: readonly Change[]): Promise<void> {
  await filing("The use case can't be written", async () => {
    for (const { path, text } of changes) {
      makeFolder(root, posix.dirname(path));
      replaceFile(root, path, text);
    }
  });
}

/** Says what was written, and why. */
export function showChanges(root: string, changes: readonly Change[]): void {
  const { dim, green } = colorsOf(process.stdout);
  const from = relative(process.cwd(), root);
  const width = Math.max(...changes.map((change) => join(from, change.path).length));
  for (const change of changes) {
    say(`${green("✓")} ${join(from, change.path).padEnd(width)}  ${dim(change.why)}`);
  }
}

/** Says what to do with a new use case. */
export function showNextSteps(root: string, name: string): void {
  const { bold, dim } = colorsOf(process.stdout);
  const from = relative(process.cwd(), root);
  const steps = [
    ...(isInstalled(root) ? [] : [["npm install fivefold", "the use case imports it"]]),
    ["npx fivefold build", `writes generated/${name}/: client, validator, codec, executor`],
    ["npx fivefold dev", "runs it on this machine"],
  ] as const;
  const stepWidth = Math.max(...steps.map(([command]) => command?.length ?? 0));
  say(`\n${bold("Next")}${from === "" ? "" : dim(`, in ${from}`)}`);
  for (const [command = "", why = ""] of steps) say(`  ${command.padEnd(stepWidth)}  ${dim(why)}`);
}

/** The text of a project's file; throws a Fault where it is a link. */
export async function readIfThere(root: string, path: string): Promise<string | undefined> {
  refuseLinks(root, path);
  return readOwn(root, path);
}

/** Whether a package's own files are CommonJS because package.json says so, or says nothing: another type would break them. */
async function isCommonJsPackage(root: string): Promise<boolean> {
  const manifest = await readManifest(root);
  return manifest !== undefined && manifest.content.type !== "module" && (await hasScripts(root));
}

/** A package that is still empty becomes one of ES modules, which Node runs as they are. */
async function packageChange(root: string): Promise<Change[]> {
  const path = "package.json";
  const manifest = await readManifest(root);
  if (manifest === undefined) {
    return [{ path, text: `{\n  "private": true,\n  "type": "module"\n}\n`, why: "a package of ES modules" }];
  }
  const { content, text } = manifest;
  if (content.type === "module") return [];
  const indent = /^[ \t]+/m.exec(text)?.[0] ?? "  ";
  const end = text.endsWith("\n") ? "\n" : "";
  const changed = `${JSON.stringify({ ...content, type: "module" }, null, indent)}${end}`;
  return [{ path, text: changed, why: `"type": "module" was set: Node runs ES modules as they are` }];
}

async function readManifest(root: string) {
  const text = await readIfThere(root, "package.json");
  return text === undefined ? undefined : { text, content: parseManifest(text, join(root, "package.json")) };
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

/** Whether a package has modules whose names don't say what they are. Packages below it have their own say. */
async function hasScripts(root: string): Promise<boolean> {
  const entries = await readdir(root, { withFileTypes: true });
  if (entries.some((entry) => entry.isFile() && /\.[jt]sx?$/.test(entry.name))) return true;
  for (const entry of entries) {
    if (!entry.isDirectory() || entry.name === "node_modules" || entry.name.startsWith(".")) continue;
    const folder = join(root, entry.name);
    if ((await readIfThere(folder, "package.json")) === undefined && (await hasScripts(folder))) return true;
  }
  return false;
}

async function tsconfigChange(root: string, isCommonJs: boolean): Promise<Change[]> {
  const path = "tsconfig.json";
  if ((await readIfThere(root, path)) !== undefined) return [];
  if (isCommonJs) return [{ path, text: COMMONJS_TSCONFIG, why: "settings for use cases that are CommonJS" }];
  return [{ path, text: TSCONFIG, why: "settings for code that Node runs as it is" }];
}

async function gitignoreChange(root: string): Promise<Change[]> {
  const path = ".gitignore";
  const text = (await readIfThere(root, path)) ?? "";
  if (/^\/?\.fivefold\/?\s*$/m.test(text)) return [];
  const separator = text === "" || text.endsWith("\n") ? "" : "\n";
  return [{ path, text: `${text}${separator}.fivefold/\n`, why: "the local data and cache are not for commits" }];
}

/** What is generated has the same bytes in every checkout. */
async function gitattributesChange(root: string): Promise<Change[]> {
  const path = ".gitattributes";
  const text = (await readIfThere(root, path)) ?? "";
  const isSet = /^generated\/\*\*/m.test(text);
  const isMerged = /^contracts\.lock\.json .*merge=/m.test(text);
  if (isSet && isMerged) return [];
  const separator = text === "" || text.endsWith("\n") ? "" : "\n";
  const lines = [
    ...(isSet ? [] : ["generated/** text eol=lf\n"]),
    `contracts.lock.json text eol=lf merge=${MERGE_DRIVER}\n`,
  ].join("");
  return [{ path, text: `${text}${separator}${lines}`, why: "the same line ends everywhere, and a lock that merges" }];
}

/** A section of its own in what coding agents read first; one that is there, in whatever words, is left as it is. */
async function agentsChange(root: string): Promise<Change[]> {
  const path = "AGENTS.md";
  const text = (await readIfThere(root, path)) ?? "";
  if (/^#+ .*fivefold/im.test(text)) return [];
  const separator = text === "" ? "" : text.endsWith("\n") ? "\n" : "\n\n";
  return [{ path, text: `${text}${separator}${AGENTS_SECTION}`, why: "what a coding agent must know of use cases" }];
}

function isInstalled(root: string): boolean {
  try {
    createRequire(join(root, "package.json")).resolve("fivefold");
    return true;
  } catch {
    return false;
  }
}
