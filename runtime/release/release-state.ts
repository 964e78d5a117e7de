import type { ControlEntry, ControlStore } from "../control/control-store.ts";

/** How the releases of a use case stand, for all processes. */
export interface ReleaseState {
  /** Runs all tasks that no candidate takes. */
  readonly stable: string;
  readonly rollout?: Rollout | undefined;
  /** The last ones that ended, the latest first. */
  readonly ended: readonly EndedRollout[];
}

/** A candidate that takes a share of the tasks. */
export interface Rollout {
  /** Drawn for this rollout: another one of the same release takes other keys. */
  readonly id: string;
  readonly release: string;
  /** The percents of the tasks that it takes, one after another, up to 100. */
  readonly steps: readonly number[];
  /** Which of them it takes now. */
  readonly step: number;
  /** Since when, in ms since the Unix epoch. */
  readonly since: number;
  readonly startedAt: number;
}

export type Verdict = "promoted" | "rolled back" | "replaced";

export interface EndedRollout {
  readonly release: string;
  /** What ran beside it. */
  readonly beside: string;
  readonly verdict: Verdict;
  readonly why: string;
  /** The percent of tasks that it took last. */
  readonly percent: number;
  readonly startedAt: number;
  readonly at: number;
  /** First tries, in the last step. */
  readonly tries?: Readonly<Record<"candidate" | "stable", { readonly tried: number; readonly failed: number }>>;
  /** By signal, by what the evidence multiplied the odds against a candidate as good. */
  readonly odds?: Readonly<Record<string, number>>;
}

const PREFIX = "release/";
const MOST_ENDED = 20;

export async function readReleases(store: ControlStore): Promise<ReadonlyMap<string, ReleaseState>> {
  const entries = await store.list(PREFIX);
  return new Map(
    entries.flatMap((entry) => {
      const state = stateIn(entry);
      return state ? [[entry.key.slice(PREFIX.length), state] as const] : [];
    }),
  );
}

/**
 * Changes how a use case's releases stand, whatever others change meanwhile; `change` answers `undefined` where nothing is to
 * be changed. Returns how they stand then.
 */
export async function changeRelease(
  store: ControlStore,
  useCase: string,
  change: (state: ReleaseState | undefined) => ReleaseState | undefined,
): Promise<ReleaseState | undefined> {
  const key = PREFIX + useCase;
  for (;;) {
    const found = (await store.get([key]))[0];
    const state = found && stateIn(found);
    const next = change(state);
    if (!next) return state;
    if (await store.put(key, JSON.stringify(next), found?.revision ?? 0)) return next;
  }
}

/** What can't be read is as if nothing was there: the release that starts next is the stable one. */
function stateIn({ value }: ControlEntry): ReleaseState | undefined {
  try {
    const state = JSON.parse(value) as Partial<ReleaseState> | null;
    return typeof state?.stable === "string" && Array.isArray(state.ended) ? (state as ReleaseState) : undefined;
  } catch {
    return undefined;
  }
}

/** The share that a rollout's candidate takes, from 0 to 1. */
export const shareOf = ({ steps, step }: Rollout): number => (steps[step] ?? 0) / 100;

/** A rollout's end. */
export function withEnd(
  state: ReleaseState,
  rollout: Rollout,
  end: Pick<EndedRollout, "verdict" | "why" | "tries" | "odds">,
  at: number,
): ReleaseState {
  const { release, steps, step, startedAt } = rollout;
  const ended: EndedRollout = { release, beside: state.stable, percent: steps[step] ?? 0, startedAt, at, ...end };
  const stable = end.verdict === "promoted" ? release : state.stable;
  return { stable, ended: [ended, ...state.ended].slice(0, MOST_ENDED) };
}

/** What became of a release last; `undefined`: it is not known. */
function lastOf({ ended }: ReleaseState, release: string): EndedRollout | undefined {
  return ended.find((one) => one.release === release);
}

/** What a release is when its worker starts. */
export type Role = "stable" | "candidate" | "former" | "rolled back";

export function roleOf(state: ReleaseState, release: string): Role | undefined {
  if (state.stable === release) return "stable";
  if (state.rollout?.release === release) return "candidate";
  if (lastOf(state, release)?.verdict === "rolled back") return "rolled back";
  const isKnown = state.ended.some((one) => one.release === release || one.beside === release);
  return isKnown ? "former" : undefined;
}
