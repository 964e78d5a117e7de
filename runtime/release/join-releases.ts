import { type Cancel, type Clock, settledWithin } from "../contract/clock.ts";
import type { ReportProblem, TaskRecord } from "../contract/contract.ts";
import { FivefoldError } from "../contract/errors.ts";
import { describeThrown } from "../contract/thrown.ts";
import type { ControlStore } from "../control/control-store.ts";
import { decide } from "./decide.ts";
import type { ReleaseView } from "./dispatcher.ts";
import { createDraw, type Draw } from "./draw.ts";
import { forgetEvidence, putEvidence, readEvidence } from "./evidence.ts";
import { createGuard, type GuardSettings } from "./guard.ts";
import { type Ended, type Link, linkTo, serveTasks, usedMemory } from "./link.ts";
import { BEAT_MS, beat, leave, liveMembers, type Member } from "./members.ts";
import {
  changeRelease,
  type ReleaseState,
  type Role,
  readReleases,
  roleOf,
  shareOf,
  withEnd,
} from "./release-state.ts";

/** A use case whose new releases take over by steps. */
export interface ReleasedUseCase {
  readonly name: string;
  readonly steps: readonly number[];
  readonly guard: GuardSettings;
  /** The longest that a step waits for evidence, in ms. */
  readonly stepMs: number;
  /** Topics with subscriptions: `previews/default`. */
  readonly places: readonly string[];
}

export interface ReleasesOptions {
  /** What this process runs: all workers of one build have the same name. */
  readonly release: string;
  readonly useCases: readonly ReleasedUseCase[];
  readonly open: () => Promise<ControlStore>;
  /** Where others reach this process: an address of its own. */
  readonly host: string;
  readonly run: (subscriber: string, record: TaskRecord) => Promise<Ended>;
  /** Told that this process has to consume a place, once. */
  readonly consume: (useCase: string, place: string) => void;
  readonly clock: Clock;
  readonly reportProblem: ReportProblem;
}

export interface Releases {
  /** How the releases of a use case stand; `undefined`: its tasks run where they arrive. */
  view(useCase: string): ReleaseView | undefined;
  /** Takes no new tasks of others, and resolves once theirs have ended, or the time is over. */
  leave(withinMs: number): Promise<void>;
  stop(): Promise<void>;
}

/** What this process knows of a use case. */
interface Known {
  state: ReleaseState | undefined;
  role: Role | undefined;
  draw: Draw | undefined;
  guard: ReturnType<typeof createGuard>;
  rollout: string;
  ends: number;
  /** Since when no process of the candidate has been there, on the monotonic clock. */
  goneSince: number | undefined;
  told: string;
  readonly consumed: Set<string>;
}

const LOOK_MS = 1_000;
const LEAVE_MS = 2_000;

/** Joins the workers of all releases: takes what its release is to take, and judges what it sees of others. */
export async function joinReleases(options: ReleasesOptions): Promise<Releases> {
  const { release, useCases, clock, reportProblem } = options;
  const self = clock.randomId(12);
  const secret = clock.randomId(32);
  const secretHex = toHex(secret);
  const server = await serveTasks({ host: options.host, member: self, secret: secretHex, run: options.run, clock });
  const links = new Map<string, Link>();
  const known = new Map<string, Known>();
  let members: readonly Member[] = [];
  let beatAt = Number.NEGATIVE_INFINITY;
  let stopped = false;
  let cancel: Cancel = () => {};
  let looking: Promise<void> = Promise.resolve();

  const own = {
    ...{ id: self, release, host: options.host, port: server.port, secret: secretHex },
    useCases: useCases.map(({ name }) => name),
    places: useCases.flatMap(({ places }) => places),
  };

  /** The open link of a release with the fewest tasks. */
  function pick(useCase: string, of: string | undefined): Link | undefined {
    let best: Link | undefined;
    for (const link of links.values()) {
      if (!link.isOpen || link.member.release !== of || !link.member.useCases.includes(useCase)) continue;
      if (!best || link.running < best.running) best = link;
    }
    return best;
  }

  function follow(useCase: ReleasedUseCase, state: ReleaseState | undefined): Known {
    let one = known.get(useCase.name);
    if (!one) {
      const guard = createGuard(useCase.guard);
      const none = { state: undefined, role: undefined, draw: undefined, goneSince: undefined };
      one = { ...none, guard, rollout: "", ends: 0, told: "", consumed: new Set() };
      known.set(useCase.name, one);
    }
    one.state = state;
    one.role = state && roleOf(state, release);
    const rollout = state?.rollout;
    if ((rollout?.id ?? "") !== one.rollout) {
      one.rollout = rollout?.id ?? "";
      one.guard = createGuard(useCase.guard);
      one.draw = rollout && createDraw(rollout.id, clock);
      one.ends = 0;
      one.goneSince = undefined;
    }
    if (rollout) {
      if (one.guard.sums.step !== rollout.step) one.guard.begin(rollout.step);
      one.draw?.begin(shareOf(rollout));
    }
    return one;
  }

  const isRunBy = (name: string, of: string) =>
    of === release || members.some((member) => member.release === of && member.useCases.includes(name));

  /** What a release that starts makes of how releases stand. */
  function enter(useCase: ReleasedUseCase, state: ReleaseState | undefined): ReleaseState | undefined {
    if (!state) return { stable: release, ended: [] };
    const role = roleOf(state, release);
    const now = clock.now();
    if (role === "candidate" && state.rollout && !isRunBy(useCase.name, state.stable)) {
      const why = `no worker of ${state.stable} runs any more`;
      return withEnd(
        state,
        { ...state.rollout, step: state.rollout.steps.length - 1 },
        { verdict: "promoted", why },
        now,
      );
    }
    if (role === "former" && !isRunBy(useCase.name, state.stable) && !state.rollout) {
      return { stable: release, ended: state.ended };
    }
    if (role !== undefined) return undefined;
    if (!isRunBy(useCase.name, state.stable) && !state.rollout) return { stable: release, ended: state.ended };
    const { rollout: before } = state;
    const why = `${release} came`;
    const left = before ? withEnd(state, before, { verdict: "replaced", why }, now) : state;
    const id = clock.randomId(12);
    return { ...left, rollout: { id, release, steps: useCase.steps, step: 0, since: now, startedAt: now } };
  }

  function connect(): void {
    const wanted = members.filter(({ id, release: of, useCases: theirs }) => {
      return id !== self && of !== release && theirs.some((name) => known.get(name)?.consumed.size);
    });
    for (const member of wanted) {
      if (links.has(member.id)) continue;
      const link = linkTo(member, { clock, closed: (left) => lose(member, left) });
      links.set(member.id, link);
    }
    for (const [id, link] of links) {
      if (!wanted.some((member) => member.id === id) && link.running === 0) link.close();
    }
  }

  function lose(member: Member, left: boolean): void {
    links.delete(member.id);
    if (left || stopped) return;
    for (const one of known.values()) if (one.state?.rollout?.release === member.release) one.ends++;
  }

  async function judgeRollout(store: ControlStore, useCase: ReleasedUseCase, one: Known): Promise<void> {
    const { state } = one;
    const rollout = state?.rollout;
    if (!rollout || one.role === "candidate" || one.consumed.size === 0) return;
    const candidates = [...links.values()].filter(({ member }) => member.release === rollout.release);
    if (candidates.some(({ isOpen }) => isOpen)) one.goneSince = undefined;
    else one.goneSince ??= clock.monotonic();
    const goneMs = one.goneSince === undefined ? 0 : Math.max(1, clock.monotonic() - one.goneSince);
    // Where this release is as full, the load is the cause.
    const memory = usedMemory() < FULL_ITSELF ? Math.max(0, ...candidates.map((link) => link.memory)) : 0;
    const seen = { sums: one.guard.sums, ends: one.ends, memory };
    const text = JSON.stringify(seen);
    if (text !== one.told) {
      await putEvidence(store, { useCase: useCase.name, rollout: rollout.id, member: self }, seen);
      one.told = text;
    }
    const all = await readEvidence(store, useCase.name, rollout.id);
    const { guard, stepMs } = useCase;
    const standing = { seen: all, goneMs, guard, stepMs, now: clock.now() };
    if (!decide(state, rollout, standing)) return;
    const next = await changeRelease(store, useCase.name, (found) => {
      const isSame = found?.rollout?.id === rollout.id && found.rollout.step === rollout.step;
      return isSame ? decide(found, found.rollout!, standing) : undefined;
    });
    follow(useCase, next);
    const end = next?.rollout?.id === rollout.id ? undefined : next?.ended[0];
    if (!end) return;
    await forgetEvidence(store, useCase.name, rollout.id);
    if (end.verdict !== "promoted") {
      const message = `Release ${end.release} of '${useCase.name}' was ${end.verdict} at ${end.percent} % of the tasks: ${end.why}.`;
      reportProblem(new FivefoldError("conflict", message));
    }
  }

  async function look(): Promise<void> {
    const store = await options.open();
    if (clock.monotonic() - beatAt >= BEAT_MS) {
      await beat(store, own, clock);
      beatAt = clock.monotonic();
    }
    members = await liveMembers(store, clock);
    const states = await readReleases(store);
    for (const useCase of useCases) {
      let state = states.get(useCase.name);
      if (enter(useCase, state)) state = await changeRelease(store, useCase.name, (found) => enter(useCase, found));
      const one = follow(useCase, state);
      // A candidate holds no tasks but those that nobody else would take.
      const others = new Set(members.filter(({ release: of }) => of === state?.stable).flatMap(({ places }) => places));
      const isHeldBack = one.role === "candidate" || one.role === "rolled back";
      for (const place of useCase.places) {
        if (one.consumed.has(place) || (isHeldBack && others.has(place))) continue;
        if (one.role === "rolled back") continue;
        one.consumed.add(place);
        options.consume(useCase.name, place);
      }
    }
    connect();
    for (const useCase of useCases) await judgeRollout(store, useCase, known.get(useCase.name)!);
  }

  async function lookSafely(): Promise<void> {
    try {
      await look();
    } catch (error) {
      const message = `How releases stand can't be read or written now: ${describeThrown(error)} What was known stays, and it is tried again.`;
      reportProblem(new FivefoldError("storage-failed", message, { cause: error }));
    }
  }

  function lookLater(): void {
    if (stopped) return;
    cancel = clock.after(
      LOOK_MS,
      () => {
        looking = lookSafely().then(lookLater);
      },
      { background: true },
    );
  }

  await lookSafely();
  lookLater();
  return {
    view(name) {
      const one = known.get(name);
      if (!one?.state || !one.role) return undefined;
      const { state, role, draw } = one;
      return {
        role,
        stable: () => pick(name, state.stable),
        candidate: () => pick(name, state.rollout?.release),
        draw: state.rollout && draw,
        observe: (seen) => one.guard.observe(seen),
      };
    },
    leave: (withinMs) => server.leave(withinMs),
    async stop() {
      stopped = true;
      cancel();
      const gone = looking.then(async () => leave(await options.open(), self)).catch(() => {});
      await settledWithin(clock, LEAVE_MS, gone);
      for (const link of links.values()) link.close();
      await server.leave(0);
    },
  };
}

/** A process that is so full itself says nothing of a candidate's memory. */
const FULL_ITSELF = 0.8;

const toHex = (text: string): string => Array.from(text, (letter) => letter.charCodeAt(0).toString(16)).join("");
