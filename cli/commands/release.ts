import { findUnchangedBuild } from "../../compiler/build/build-cache.ts";
import { createBuilder } from "../../compiler/build/build-project.ts";
import { type Emitting, leaveOutputs, startEmitting } from "../../compiler/build/emitting.ts";
import { writeLockFile } from "../../compiler/build/lock-file.ts";
import { hasLoaded } from "../../compiler/build/v8-flags.ts";
import { releaseVersions } from "../../compiler/lock/release.ts";
import { writeLock } from "../../compiler/lock/write-lock.ts";
import type { UseCase } from "../../compiler/model/model.ts";
import { findSources } from "../../compiler/read/find-files.ts";
import { EXIT, Fault } from "../../loader/fault.ts";
import { findProject, USE_CASES } from "../../loader/project.ts";
import { reportOfDiagnostic, showDiagnostics } from "../diagnostics.ts";
import { colorsOf, count, say, sayJson } from "../terminal.ts";
import { tellUnchecked } from "./build-output.ts";
import { forgetLostReleases } from "./forget-releases.ts";
import { GIVEN_OUT_MEND, givenOut, givenOutText } from "./given-out.ts";

export interface ReleaseOptions {
  readonly useCase?: readonly string[];
  readonly check?: boolean;
  readonly forgetReleases?: boolean;
  readonly json?: boolean;
  readonly root?: string;
}

/** `fivefold release` */
export async function release({
  useCase: names,
  check = false,
  forgetReleases = false,
  json = false,
  root: folder,
}: ReleaseOptions): Promise<void> {
  const root = findProject(folder);
  if (forgetReleases) await forgetLostReleases(root);
  const built = await build(root, { check, json });
  if (!built) return;
  const { lock, useCases } = built;
  const chosen = names ? names.map((name) => findUseCase(name, useCases)) : useCases;
  const result = releaseVersions(chosen, lock);
  const collisions = givenOut(root, result.lock);
  const isFine = collisions.length === 0 && !(check && result.released.length > 0);
  if (!isFine) process.exitCode = EXIT.input;
  if (!check && isFine && result.released.length > 0) await writeLockFile(root, writeLock(result.lock));
  if (json) return sayJson({ ok: isFine, released: check || isFine ? result.released : [], collisions });
  const { bold, green, red } = colorsOf(process.stdout);
  for (const collision of collisions) say(`${red("✗")} ${givenOutText(collision)}`);
  if (collisions.length > 0) say(`${GIVEN_OUT_MEND}${check ? "" : " Nothing was released."}`);
  if (collisions.length > 0 && !check) return;
  for (const { useCase, version } of result.released) {
    say(
      `${check ? red("✗") : green("✓")} ${bold(useCase)}: version ${version} ${check ? "is not released" : "released"}`,
    );
  }
  if (result.released.length === 0) say(`${green("✓")} ${count(chosen.length, "use case")}, all as released`);
  else if (check) say("Run `fivefold release` and commit contracts.lock.json before this is deployed.");
  else
    say(
      "Commit contracts.lock.json: from now on no change is accepted that records of these versions would not survive.",
    );
}

/** The project's use cases and lock as a build leaves them. `undefined`: it failed, which has been said. */
async function build(root: string, { check, json }: { readonly check: boolean; readonly json: boolean }) {
  const emitting = startOf(root, check);
  const { compilation, difference, unchecked } = await createBuilder(root, { emitting })
    .build({ check, keep: true, wholeHistory: true })
    .finally(() => emitting?.close());
  const { locked: lock } = compilation;
  if (!json) tellUnchecked({ unchecked });
  if (difference && lock) return { useCases: compilation.useCases, lock };
  if (json) sayJson({ ok: false, released: [], diagnostics: compilation.diagnostics.map(reportOfDiagnostic) });
  else showDiagnostics(compilation);
  process.exitCode = EXIT.input;
  return undefined;
}

/** What emits; `undefined`: this thread, as the project is small. */
function startOf(root: string, check: boolean): Emitting | undefined {
  const unchanged = findUnchangedBuild(root);
  if (unchanged) return leaveOutputs(unchanged.files);
  const { files } = findSources(root, USE_CASES);
  const thread = startEmitting(root, files.length, { check, flags: [] });
  if (thread) hasLoaded(thread.loading, []);
  return thread;
}

function findUseCase(name: string, useCases: readonly UseCase[]): UseCase {
  const found = useCases.find((useCase) => useCase.name === name);
  if (found) return found;
  const known = useCases.map((useCase) => useCase.name).join(", ");
  throw new Fault(
    "usage",
    `--use-case names '${name}', and there is none of that name. There are: ${known || "none"}.`,
  );
}
