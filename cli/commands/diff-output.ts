import type { Commit } from "../../compiler/build/git.ts";
import type { Diagnostic } from "../../compiler/diagnostics/diagnostics.ts";
import type { Change } from "../../compiler/diff/change.ts";
import type { ChangedRelease, Diff } from "../../compiler/diff/diff.ts";
import type { RolloutStep } from "../../compiler/diff/rollout.ts";
import type { UseCaseDiff } from "../../compiler/diff/use-case-diff.ts";
import { reportOfDiagnostic } from "../diagnostics.ts";
import { type Colors, colorsOf, count, say } from "../terminal.ts";
import { GIVEN_OUT_MEND, type GivenOut, givenOutText } from "./given-out.ts";

export interface DiffResult extends Diff {
  readonly releases: readonly ChangedRelease[];
  /** What the other branch has given out since this one left it, and this one too. */
  readonly collisions: readonly GivenOut[];
}

/** Whether all of it can be deployed, in some order. */
export function isFine({ useCases, releases, collisions }: DiffResult): boolean {
  const isBreaking = useCases.some(({ contract }) => contract?.order === "breaking");
  return !isBreaking && collisions.length === 0 && releases.every(({ kind }) => kind === "retired");
}

/** A diff as a machine reads it. */
export function diffReport(result: DiffResult, { hash, label }: Commit, diagnostics: readonly Diagnostic[]): object {
  const useCase = ({ name, kind, now, old, contract, isContractUnknown, settings }: UseCaseDiff) => ({
    name,
    kind,
    file: (now ?? old)?.file,
    owner: (now ?? old)?.owner,
    contract: contract ?? null,
    isContractUnknown,
    ...settings,
  });
  return {
    ok: isFine(result) && diagnostics.every(({ severity }) => severity !== "error"),
    against: { commit: hash, label },
    useCases: result.useCases.map(useCase),
    rollout: result.rollout,
    feeds: result.feeds,
    releases: result.releases,
    collisions: result.collisions,
    diagnostics: diagnostics.map(reportOfDiagnostic),
  };
}

/** Prints a diff so that it reads in a terminal and, between code fences, in a comment on a pull request. */
export function showDiff(
  { useCases, rollout, releases, collisions, feeds }: DiffResult,
  { hash, label }: Commit,
): void {
  const colors = colorsOf(process.stdout);
  const { bold, dim, red } = colors;
  const against = label === hash ? hash.slice(0, 10) : `${label} (${hash.slice(0, 10)})`;
  say(`${bold(summaryOf(useCases))} ${dim(`against ${against}`)}`);
  for (const useCase of useCases) showUseCase(useCase, colors);
  for (const { useCase, version, kind } of releases) {
    if (kind === "retired")
      say(`\n${useCase}: version ${version} was retired: none of its records may be left anywhere.`);
    else
      say(
        `\n${red("✗")} ${useCase}: released version ${version} is not as it was. Restore it: its records may be anywhere.`,
      );
  }
  for (const collision of collisions) say(`\n${red("✗")} ${givenOutText(collision)}`);
  if (collisions.length > 0) say(GIVEN_OUT_MEND);
  showFeeds(feeds, colors);
  const stuck = useCases.filter(({ contract }) => contract?.order === "breaking").map(({ name }) => name);
  if (rollout.length > 0) showRollout(rollout, colors);
  if (stuck.length > 0)
    say(`\n${red("✗")} No order of deployment is safe for ${bold(stuck.join(", "))}: fix what is breaking first.`);
}

/** Who feeds whom. */
function showFeeds(feeds: DiffResult["feeds"], { bold, dim, green, red }: Colors): void {
  if (feeds.length === 0) return;
  say(`\n${bold("Who feeds whom")}`);
  const line = { added: (text: string) => green(`+ ${text}`), removed: (text: string) => red(`- ${text}`), same: dim };
  for (const { from, to, kind } of feeds) say(`  ${line[kind](`${kind === "same" ? "  " : ""}${from} → ${to}`)}`);
}

function summaryOf(useCases: readonly UseCaseDiff[]): string {
  if (useCases.length === 0) return "Nothing changes for anybody";
  const kinds = (["added", "changed", "removed"] as const).map((kind) => {
    const all = useCases.filter((useCase) => useCase.kind === kind);
    return all.length > 0 ? `${count(all.length, "use case")} ${kind}` : "";
  });
  return kinds.filter((kind) => kind !== "").join(", ");
}

const MARKS = { added: "+", removed: "-", changed: "~" } as const;

function showUseCase(
  { name, kind, now, old, contract, isContractUnknown, settings }: UseCaseDiff,
  colors: Colors,
): void {
  const { bold, dim, red, yellow, green } = colors;
  const { file, owner } = (now ?? old)!;
  say(`\n${bold(name)} ${kind} ${dim(`${file}, ${owner}`)}`);
  if (contract) {
    const orders = {
      same: "",
      safe: green("safe in any order"),
      "readers-first": yellow("safe if what reads is deployed first"),
      unreleased: yellow(`of which version ${contract.from} was never released, and its records would be misread`),
      retired: yellow(`of which version ${contract.from} was retired, and its records would be misread`),
      breaking: red("breaking: records that are queued, delayed or dead-lettered would be misread"),
    };
    const versions =
      contract.from === contract.to ? `version ${contract.to}` : `version ${contract.from} → ${contract.to}`;
    say(`  contract: ${versions}, ${orders[contract.order]}`);
    showChanges(contract.changes, colors);
  }
  if (isContractUnknown) say("  contract: not compared, for that commit has no generated/contracts/shapes.json");
  for (const [title, changes] of Object.entries(settings) as [string, readonly Change[]][]) {
    if (changes.length === 0) continue;
    say(`  ${title}`);
    showChanges(changes, colors);
  }
}

function showChanges(changes: readonly Change[], { green, red, yellow, dim }: Colors): void {
  const paint = { added: green, removed: red, changed: yellow };
  const width = Math.min(48, Math.max(...changes.map(({ what }) => what.length)));
  for (const { kind, what, was, is, effect } of changes) {
    const values = [was, is].filter((value) => value !== "").join(" → ");
    say(`    ${paint[kind](MARKS[kind])} ${values === "" ? what : `${what.padEnd(width)}  ${values}`}`);
    if (effect !== "") say(`        ${dim(effect)}`);
  }
}

function showRollout(rollout: readonly RolloutStep[], { bold, dim }: Colors): void {
  say(`\n${bold("Rollout")}`);
  const width = String(rollout.length).length;
  for (const [i, { useCase, text, reason }] of rollout.entries()) {
    say(`  ${String(i + 1).padStart(width)}. ${bold(useCase)}: ${text}`);
    if (reason !== "" && reason !== rollout[i - 1]?.reason) say(`${" ".repeat(width + 4)}${dim(reason)}`);
  }
}
