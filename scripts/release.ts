/*
 * `npm run release`: makes a version of what .changeset/ holds. Changesets chooses the number and removes the files;
 * CHANGELOG.md gets the version's section in the place of "Unreleased", whose lines it keeps. Commit, tag and publish follow
 * by hand.
 */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const folder = process.cwd();
const CHANGELOG = join(folder, "CHANGELOG.md");
const UNRELEASED = "## Unreleased\n";
const LOCK = join(folder, "package-lock.json");

if (!readdirSync(join(folder, ".changeset")).some((name) => name.endsWith(".md") && name !== "README.md")) {
  console.error(
    "There is no changeset, so there is nothing to release. Fix: `npm run changeset`, and say what users notice.",
  );
  process.exit(1);
}
const before = readFileSync(CHANGELOG, "utf8");
const cli = createRequire(import.meta.url).resolve("@changesets/cli/bin.js");
const { status } = spawnSync(process.execPath, [cli, "version"], { stdio: "inherit" });
if (status !== 0) process.exit(status ?? 1);

const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
writeFileSync(CHANGELOG, withSection(before, sectionOf(readFileSync(CHANGELOG, "utf8"), version)));
const lock = JSON.parse(readFileSync(LOCK, "utf8"));
lock.version = version;
lock.packages[""].version = version;
writeFileSync(LOCK, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`CHANGELOG.md, package.json and package-lock.json say ${version}: review, commit, tag and publish it.`);

/** What Changesets wrote: above the first version or, where there is none yet, between the title and the introduction. */
function sectionOf(written: string, version: string): string {
  const start = written.indexOf(`## ${version}\n`);
  if (start < 0) throw new Error(`CHANGELOG.md has no section '## ${version}'.`);
  const [section = ""] = written.slice(start).split(/\n(?=## )/);
  const introduction = before.slice(before.indexOf("\n"), firstSection(before)).trim();
  return (introduction === "" ? section : section.split(introduction)[0]!).trim();
}

function firstSection(changelog: string): number {
  const start = changelog.search(/^## /m);
  return start < 0 ? changelog.length : start;
}

/** Lines under "Unreleased" come first, then those of the changesets; versions from before follow. */
function withSection(changelog: string, section: string): string {
  const sections = changelog.slice(firstSection(changelog)).split(/^(?=## )/m);
  const isUnreleased = sections[0]?.startsWith(UNRELEASED);
  const unreleased = isUnreleased ? sections.shift()!.slice(UNRELEASED.length) : "";
  const [title = "", ...changes] = section.split("\n\n");
  const parts = [changelog.slice(0, firstSection(changelog)), title, unreleased, ...changes, sections.join("")];
  return `${parts
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .join("\n\n")}\n`;
}
