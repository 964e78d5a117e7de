import { EXIT, Fault } from "../../loader/fault.ts";
import { findProject } from "../../loader/project.ts";
import { sourceEnvironment } from "../options.ts";
import { loadRuntime, startFailure } from "../project-runtime.ts";
import { colorsOf, count, say, sayJson } from "../terminal.ts";
import { loadChanges } from "../worker/capture-use-cases.ts";

export interface CheckSourceOptions {
  readonly source?: readonly string[];
  readonly json?: boolean;
  readonly root?: string;
}

/** `fivefold check-source`: compares captured tables with what use cases read of them. Changes nothing. */
export async function checkSource(names: readonly string[], options: CheckSourceOptions): Promise<void> {
  const environment = { ...process.env, ...sourceEnvironment(options.source ?? []) };
  const root = findProject(options.root);
  const all = await loadChanges(root, names);
  if (all.length === 0) throw new Fault("usage", "No use case has `frontend.changes`: there is nothing to compare.");
  const { findSourceMismatches, sourceOf } = await loadRuntime(root);
  const { bold, green, red, yellow } = colorsOf(process.stdout);
  const tables = [];
  try {
    for (const changes of all) {
      const { useCase, table } = changes.table;
      const mismatches = await findSourceMismatches(changes, sourceOf(changes.source, environment));
      tables.push({ useCase, source: changes.source, table, mismatches });
    }
  } catch (cause) {
    throw new Fault("environment", startFailure(cause), { cause });
  }
  const errors = tables.flatMap(({ mismatches }) => mismatches.filter(({ severity }) => severity === "error"));
  if (errors.length > 0) process.exitCode = EXIT.input;
  if (options.json) return sayJson({ ok: errors.length === 0, tables });
  for (const { useCase, source, table, mismatches } of tables) {
    const found = mismatches.length === 0 ? "has what it reads" : count(mismatches.length, "difference");
    say(`${mismatches.length === 0 ? green("✓") : "●"} ${bold(useCase)}: ${table} of ${source}: ${found}`);
    for (const { severity, message } of mismatches) {
      say(`  ${severity === "error" ? red("error") : yellow("warning")} ${message}`);
    }
  }
}
