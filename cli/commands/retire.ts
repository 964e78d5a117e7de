import { readingLock, readLockFile, writeLockFile } from "../../compiler/build/lock-file.ts";
import { releasedVersions, retireVersions } from "../../compiler/lock/release.ts";
import { Fault } from "../../loader/fault.ts";
import { findProject } from "../../loader/project.ts";
import { colorsOf, count, say, sayJson } from "../terminal.ts";

export interface RetireOptions {
  readonly json?: boolean;
  readonly root?: string;
}

/** `fivefold retire` */
export async function retire(name: string, upTo: string, { json = false, root: folder }: RetireOptions): Promise<void> {
  const root = findProject(folder);
  const lockText = await readLockFile(root);
  const versions = readingLock(() => releasedVersions(lockText, name));
  const version = Number(upTo);
  const last = versions.at(-1);
  if (last === undefined) throw new Fault("usage", `The lock knows no released version of '${name}'.`);
  if (!versions.includes(version)) {
    throw new Fault("usage", `'${upTo}' is no released version of '${name}'. It has ${versions.join(", ")}.`);
  }
  await writeLockFile(root, retireVersions(lockText, name, version));
  const retired = versions.filter((one) => one <= version);
  if (json) return sayJson({ ok: true, useCase: name, retired });
  const { bold, green } = colorsOf(process.stdout);
  say(`${green("✓")} ${bold(name)}: ${count(retired.length, "version")} retired (${retired.join(", ")})`);
  say("Their records refuse no change any more: none may be queued, delayed or dead-lettered anywhere.");
  if (version === last) say("The last one is among them: nothing may send it until another version is released.");
}
