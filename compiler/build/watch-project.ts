import { existsSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { USE_CASES } from "../../loader/project.ts";
import { LOCK_FILE } from "../lock/lock.ts";
import type { Build, Builder } from "./build-project.ts";
import { GENERATED } from "./outputs.ts";
import { watchFolder } from "./watch.ts";

/** What to build for. */
export interface ProjectChange {
  /** Whether somebody else changed what a build wrote. */
  readonly outputs: boolean;
  /** What changed first, relative to the project's root, for people. */
  readonly path: string;
}

export interface ProjectChanges {
  /** Resolves once there is something to build for; with `undefined` once it is closed. */
  next(): Promise<ProjectChange | undefined>;
  /** Watches what a build followed from, and what it wrote. */
  follow(build: Build): void;
  close(): void;
}

/** Watches all that a project's build follows from, wherever it is, and what it leads to. */
export function watchProject(root: string, builder: Builder): ProjectChanges {
  const changes = watchFolder(join(root, USE_CASES));
  let inputs = new Set<string>();
  let wasAtFault = false;
  /** What changed between a build's reading of it and the first look at it here. */
  let missed: string | undefined;
  const isOutput = (path: string) => path === join(root, LOCK_FILE) || path.startsWith(join(root, GENERATED));

  return {
    async next() {
      if (missed !== undefined) {
        const path = toRelative(root, missed);
        // Once: the build that it is told for reads it anew.
        missed = undefined;
        return { outputs: false, path };
      }
      for (;;) {
        const paths = await changes.next();
        if (!paths) return undefined;
        // What the last build wrote is as it left it.
        const others = [...paths].filter((path) => !isOutput(path) || !builder.isAsLeft(toRelative(root, path)));
        const [first] = others;
        if (first !== undefined) return { outputs: others.some(isOutput), path: toRelative(root, first) };
      }
    },
    follow({ compilation, difference }) {
      const isNew = !difference || difference.missing.length + difference.superfluous.length > 0 || inputs.size === 0;
      const found = compilation.inputs.filter((path) => !path.includes("/node_modules/") || isInstallation(root, path));
      const added = found.filter((path) => !inputs.has(path));
      // Where there are faults, not all is known that it would follow from.
      const gone = inputs.size + added.length - found.length;
      inputs = new Set(difference ? found : [...inputs, ...found]);
      // What is watched is the same, and to look at each of thousands of folders would keep the next edit waiting.
      if (!isNew && !wasAtFault && added.length + gone === 0) return;
      wasAtFault = !difference;
      const files = [...inputs, `${root}/${LOCK_FILE}`].map((path) => path.replaceAll("/", sep));
      const folders = new Set(builder.written().map((path) => dirname(join(root, path))));
      folders.delete(root);
      if (folders.size > 0 || existsSync(join(root, GENERATED))) folders.add(join(root, GENERATED));
      changes.follow({ files, beside: !difference, folders: [...folders] });
      missed = added.find((path) => !builder.isAsRead(path));
    },
    close: () => changes.close(),
  };
}

function isInstallation(root: string, path: string): boolean {
  return dirname(path) === `${root}/node_modules`;
}

function toRelative(root: string, path: string): string {
  return relative(root, path).replaceAll("\\", "/");
}
