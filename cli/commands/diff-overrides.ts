import type { UseCase } from "../../compiler/model/model.ts";
import { rateText } from "../../compiler/settings/kind.ts";
import type { Overrides } from "../../runtime/runtime.ts";
import { onStores } from "../stores.ts";
import { colorsOf, say } from "../terminal.ts";
import { onControlStore } from "./controls.ts";

type Setting = Overrides["all"][number]["setting"];

/** What operators have set at run time, in the place of what is declared, and what a deployment leaves as it is. */
export interface SetAtRunTime {
  readonly useCase: string;
  /** Absent: all of them. */
  readonly subscriber?: string;
  /** In words, each beside what is declared. */
  readonly set: readonly string[];
  readonly by: string;
  readonly at: string;
  readonly why?: string;
  /** Whether what it is set for is still declared. */
  readonly isDeclared: boolean;
}

const NO_BOUND = "no bound";

/** Reads it where a connection is given. */
export async function readSetAtRunTime(
  useCases: readonly UseCase[],
  options: { readonly data?: string; readonly root: string },
): Promise<readonly SetAtRunTime[]> {
  let found: readonly SetAtRunTime[] = [];
  await onStores(options, (stores) =>
    onControlStore(stores, async (store) => {
      const { all } = await stores.runtime.readOverrides(store);
      found = all.map((override) => {
        const { useCase, subscriber, setting } = override;
        const declared = useCases.find(({ name }) => name === useCase);
        const isDeclared =
          declared !== undefined && (subscriber === "" || declared.subscribers.some(({ name }) => name === subscriber));
        return {
          useCase,
          ...(subscriber !== "" && { subscriber }),
          set: setTexts(setting, declared),
          by: setting.by,
          at: new Date(setting.at).toISOString(),
          ...(setting.why !== undefined && { why: setting.why }),
          isDeclared,
        };
      });
    }),
  );
  return found;
}

function setTexts({ paused, maxInFlight, maxInFlightTotal, rate }: Setting, declared: UseCase | undefined): string[] {
  const limits = declared?.flowControl;
  const unless = (was: string | undefined) => {
    if (was === undefined) return "";
    return was === NO_BOUND ? ", where none is declared" : `, not ${was} as declared`;
  };
  const bound = (count: number | null | undefined) => (count === undefined ? undefined : String(count ?? NO_BOUND));
  const rateOf = (one: Setting["rate"]) => (one ? rateText(one) : NO_BOUND);
  return [
    ...(paused === undefined ? [] : [paused ? "paused" : "not paused, though its use case is"]),
    ...(maxInFlight === undefined ? [] : [`in flight per worker: ${maxInFlight}${unless(bound(limits?.maxInFlight))}`]),
    ...(maxInFlightTotal === undefined
      ? []
      : [`in flight over all workers: ${bound(maxInFlightTotal)}${unless(bound(limits?.maxInFlightTotal))}`]),
    ...(rate === undefined ? [] : [`rate: ${rateOf(rate)}${unless(limits && rateOf(limits.rate))}`]),
  ];
}

export function showSetAtRunTime(all: readonly SetAtRunTime[]): void {
  const { bold, dim, yellow } = colorsOf(process.stdout);
  if (all.length === 0) {
    say("\nNothing is set at run time: what is declared holds.");
    return;
  }
  say(`\n${bold("Set at run time, and still so after the deployment")}`);
  for (const { useCase, subscriber, set, by, at, why, isDeclared } of all) {
    say(`  ${bold(subscriber === undefined ? useCase : `${useCase}/${subscriber}`)}  ${yellow(set.join("; "))}`);
    if (!isDeclared) say("    nothing of that name is declared any more: it holds for nobody");
    say(dim(`    set by ${by} at ${at}${why ? `: ${why}` : ""}`));
  }
}
