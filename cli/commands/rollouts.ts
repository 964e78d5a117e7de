import { EXIT, Fault } from "../../loader/fault.ts";
import type { ControlStore, EndedRollout, ReleaseState } from "../../runtime/runtime.ts";
import { builtUseCases } from "../project-runtime.ts";
import { onStores, type StoreOptions, type Stores } from "../stores.ts";
import { colorsOf, say, sayJson } from "../terminal.ts";
import { auditFileOf, operatorName, writeDown } from "./audit-log.ts";
import { type ChangeOptions, onControlStore } from "./controls.ts";
import { passed, readDuration } from "./start.ts";

export interface RolloutOptions extends StoreOptions {
  readonly wait?: string;
}

const LOOK_MS = 500;

/** `fivefold rollout status [use-case...]` */
export async function showRollouts(names: readonly string[], options: RolloutOptions): Promise<void> {
  const waitMs = options.wait === undefined ? 0 : readDuration("--wait", options.wait);
  await onStores(options, async (stores) => {
    const wanted = await releasedUseCases(stores, names);
    await onControlStore(stores, async (store) => {
      const until = Date.now() + waitMs;
      let states = await read(stores, store, wanted);
      while (states.some(([, state]) => state?.rollout) && Date.now() < until) {
        await passed(LOOK_MS);
        states = await read(stores, store, wanted);
      }
      if (options.json) sayJson({ ok: true, useCases: states.map(([useCase, state]) => ({ useCase, ...state })) });
      else for (const [useCase, state] of states) sayState(useCase, state);
      const isOpen = states.some(([, state]) => state?.rollout);
      const isLost = states.some(([, state]) => !state?.rollout && state?.ended[0]?.verdict === "rolled back");
      if (isLost) process.exitCode = EXIT.input;
      else if (isOpen && options.wait !== undefined) process.exitCode = EXIT.environment;
    });
  });
}

/** `fivefold rollout back <use-case>` and `fivefold rollout promote <use-case>` */
export async function endRollout(verdict: "back" | "promote", name: string, options: ChangeOptions): Promise<void> {
  await onStores(options, async (stores) => {
    await releasedUseCases(stores, [name]);
    await onControlStore(stores, async (store) => {
      const rollout = (await stores.runtime.readReleases(store)).get(name)?.rollout;
      if (!rollout) throw nothingTakesOver(name);
      const entry = { action: `rollout ${verdict}`, useCase: name, release: rollout.release, why: options.why };
      writeDown(auditFileOf(stores.root, options.audit), [entry]);
      let ended: EndedRollout | undefined;
      const state = await stores.runtime.changeRelease(store, name, (found) => {
        if (!found?.rollout) return undefined;
        const why = `${operatorName()} said so${options.why ? `: ${options.why}` : ""}`;
        const end = { verdict: verdict === "back" ? "rolled back" : "promoted", why } as const;
        const next = stores.runtime.withEnd(found, found.rollout, end, Date.now());
        ended = next.ended[0];
        return next;
      });
      // It ended by itself meanwhile.
      if (!ended) throw nothingTakesOver(name);
      if (options.json) return sayJson({ ok: true, useCase: name, ...state });
      sayState(name, state);
      say("Workers go by it within 2 s.");
    });
  });
}

function nothingTakesOver(useCase: string): Fault {
  return new Fault("usage", `No new release of '${useCase}' is taking over now.`);
}

async function releasedUseCases({ root }: Stores, names: readonly string[]): Promise<readonly string[]> {
  const all = await builtUseCases(root, names);
  const released = all.filter(({ settings }) => settings.release).map(({ name }) => name);
  if (released.length > 0) return released;
  const which = names.length > 0 ? `'${names.join("', '")}' has` : "No use case has";
  throw new Fault(
    "usage",
    `${which} ${names.length > 0 ? "no" : ""} \`execution.release\`: its workers take what they get.`,
  );
}

async function read({ runtime }: Stores, store: ControlStore, wanted: readonly string[]) {
  const states = await runtime.readReleases(store);
  return wanted.map((name) => [name, states.get(name)] as const);
}

function sayState(useCase: string, state: ReleaseState | undefined): void {
  const { bold, dim, green, red, yellow } = colorsOf(process.stdout);
  if (!state) {
    say(`${bold(useCase)}  no worker has run yet`);
    return;
  }
  const { rollout, stable } = state;
  const percent = rollout ? (rollout.steps[rollout.step] ?? 0) : 0;
  say(
    `${bold(useCase)}  ${green(stable)} ${100 - percent} %${rollout ? `, ${yellow(rollout.release)} ${percent} %` : ""}`,
  );
  if (rollout)
    say(dim(`  ${rollout.release} since ${timeOf(rollout.startedAt)}, at ${percent} % since ${timeOf(rollout.since)}`));
  for (const one of state.ended.slice(0, 3)) {
    const verdict = one.verdict === "rolled back" ? red(one.verdict) : one.verdict;
    say(`  ${one.release} ${verdict} at ${timeOf(one.at)}, at ${one.percent} %: ${one.why}`);
  }
}

const timeOf = (at: number): string => new Date(at).toISOString();
