import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");

function packageToRelease(changelog: string): string {
  const folder = mkdtempSync(join(tmpdir(), "fivefold-release-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const name of ["package.json", "package-lock.json", "scripts", ".changeset/config.json"]) {
    mkdirSync(join(folder, ".changeset"), { recursive: true });
    cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  }
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ ...manifest, version: "0.1.0" }));
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  writeFileSync(join(folder, "CHANGELOG.md"), changelog);
  spawnSync("git", ["init", "-q", "-b", "main"], { cwd: folder });
  return folder;
}

function release(folder: string) {
  return spawnSync(process.execPath, ["scripts/release.ts"], { cwd: folder, encoding: "utf8" });
}

function addChangeset(folder: string, name: string, kind: string, text: string): void {
  writeFileSync(join(folder, ".changeset", `${name}.md`), `---\n"fivefold": ${kind}\n---\n\n${text}\n`);
}

const INTRODUCTION = "# Changelog\n\nWhat users notice.\n\n";

test("a release gathers changesets and the unreleased lines into a version, above the versions before it", () => {
  const folder = packageToRelease(
    `${INTRODUCTION}## Unreleased\n\n- A line of before.\n\n## 0.1.0\n\n- The first one.\n`,
  );
  addChangeset(folder, "one", "patch", "A fault is gone.");
  addChangeset(folder, "two", "minor", "A setting is new.\nIt takes two lines.");
  const { status, stderr } = release(folder);
  expect(stderr).toBe("");
  expect(status).toBe(0);
  expect(readFileSync(join(folder, "CHANGELOG.md"), "utf8")).toBe(`${INTRODUCTION}## 0.2.0

- A line of before.

### Minor Changes

- A setting is new.
  It takes two lines.

### Patch Changes

- A fault is gone.

## 0.1.0

- The first one.
`);
  for (const name of ["package.json", "package-lock.json"]) {
    expect(JSON.parse(readFileSync(join(folder, name), "utf8")).version).toBe("0.2.0");
  }
  expect(readdirSync(join(folder, ".changeset"))).toEqual(["config.json"]);

  addChangeset(folder, "three", "patch", "Another fault is gone.");
  expect(release(folder).status).toBe(0);
  const again = readFileSync(join(folder, "CHANGELOG.md"), "utf8");
  expect(again).toContain(
    `${INTRODUCTION}## 0.2.1\n\n### Patch Changes\n\n- Another fault is gone.\n\n## 0.2.0\n\n- A line`,
  );
});

test("the first release takes what is unreleased, behind the introduction", () => {
  const folder = packageToRelease(`${INTRODUCTION}## Unreleased\n\n- A line of before.\n`);
  addChangeset(folder, "one", "patch", "A fault is gone.");
  expect(release(folder).status).toBe(0);
  expect(readFileSync(join(folder, "CHANGELOG.md"), "utf8")).toBe(
    `${INTRODUCTION}## 0.1.1\n\n- A line of before.\n\n### Patch Changes\n\n- A fault is gone.\n`,
  );
});

test("a release of nothing changes nothing, and says what is missing", () => {
  const changelog = `${INTRODUCTION}## Unreleased\n\n- A line of before.\n`;
  const folder = packageToRelease(changelog);
  const { status, stderr } = release(folder);
  expect(status).toBe(1);
  expect(stderr).toContain("There is no changeset");
  expect(readFileSync(join(folder, "CHANGELOG.md"), "utf8")).toBe(changelog);
});
