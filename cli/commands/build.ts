import { performance } from "node:perf_hooks";
import { findReading, findUnchangedBuild } from "../../compiler/build/build-cache.ts";
import { startEmitting } from "../../compiler/build/emitting.ts";
import { historyOfLock } from "../../compiler/build/lock-history.ts";
import { countChanges } from "../../compiler/build/outputs.ts";
import { collectEarly, createLoading, FLAGS_OF_ONCE, hasLoaded } from "../../compiler/build/v8-flags.ts";
import { checkHistory } from "../../compiler/lock/check-history.ts";
import { LOCK_FILE } from "../../compiler/lock/lock.ts";
import { findSources } from "../../compiler/read/find-files.ts";
import { readText } from "../../compiler/read/text.ts";
import { checkAllTypes } from "../../compiler/read/type-check/type-errors.ts";
import { EXIT } from "../../loader/fault.ts";
import { findProject, USE_CASES } from "../../loader/project.ts";
import { type ReportFormat, reportDiagnostics } from "../diagnostics.ts";
import { sayJson } from "../terminal.ts";
import {
  buildReport,
  reportOf,
  showBuild,
  showCheck,
  showUpToDate,
  staleOutputs,
  tellUnchecked,
} from "./build-output.ts";

export interface BuildOptions {
  readonly check?: boolean;
  readonly json?: boolean;
  readonly format?: ReportFormat;
  readonly watch?: boolean;
  readonly forgetReleases?: boolean;
  readonly root?: string;
}

/** `fivefold build` */
export async function build(options: BuildOptions): Promise<void> {
  const { check = false, json = false, format } = options;
  const startedAt = performance.now();
  const root = findProject(options.root);
  if (options.watch) {
    const { watchBuilds } = await import("./watch-builds.ts");
    return watchBuilds(root, { json });
  }
  if (options.forgetReleases) {
    const { forgetLostReleases } = await import("./forget-releases.ts");
    await forgetLostReleases(root);
  }
  const unchanged = !check || hasWholeLock(root) ? findUnchangedBuild(root) : undefined;
  if (unchanged && !format) {
    const { useCases, files } = unchanged;
    const durationMs = performance.now() - startedAt;
    if (json) sayJson(reportOf({ ok: true, useCases, unchanged: files.length, durationMs }));
    else showUpToDate(useCases.length, durationMs, { check });
    return;
  }
  const { files } = findSources(root, USE_CASES);
  const reading = findReading(root);
  // What can run beside this process is started first: the compiler takes a third of a second to load.
  const typeCheck = reading ? undefined : checkAllTypes(root, files);
  collectEarly();
  const emitting = startEmitting(root, files.length, { check, flags: FLAGS_OF_ONCE });
  // Loaded only now: where nothing changed, nobody waits for it.
  const { createBuilder } = await import("../../compiler/build/build-project.ts");
  hasLoaded(emitting?.loading ?? createLoading(1), FLAGS_OF_ONCE);
  const builder = createBuilder(root, { emitting, reading });
  const result = await builder
    .build({ check, keep: true, typeCheck, wholeHistory: check })
    .finally(() => emitting?.close());
  const stale = check && !!result.difference && countChanges(result.difference) > 0;
  if (json) sayJson(buildReport(result, { check }));
  else if (format)
    reportDiagnostics(root, [...result.compilation.diagnostics, ...(check ? staleOutputs(result) : [])], format);
  else if (check) showCheck(result);
  else showBuild(result);
  if (!json) tellUnchecked(result);
  if (!result.difference || stale) process.exitCode = EXIT.input;
  // To take down in order what the compiler holds would take a thirtieth of the build.
  // What was said must be out: not everywhere are pipes written at once.
  process.stderr.write("", () => process.stdout.write("", leave));

  function leave(): void {
    process.exit();
  }
}

/** Whether earlier commits say nothing of the lock that a check would have to tell. */
function hasWholeLock(root: string): boolean {
  const history = historyOfLock(root, { whole: true });
  return history.unchecked === undefined && checkHistory(readText(root, LOCK_FILE).text, history).length === 0;
}
