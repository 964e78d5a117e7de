import type { Cancel, Clock } from "../../../contract/clock.ts";
import type { ReportProblem } from "../../../contract/contract.ts";
import { FivefoldError } from "../../../contract/errors.ts";
import { leave, type Range, type SubscriptionState } from "../../../transport/subscription-state.ts";
import { suspect } from "../../../transport/suspects.ts";
import type { Store } from "../lmdb/environment.ts";
import { currentProcess, hasEnded, ownCommand, type ProcessIdentity } from "../lmdb/process-identity.ts";
import type { Cursors } from "./cursors.ts";
import type { Started, Starts } from "./starts.ts";
import type { CursorTables } from "./stores.ts";

const BEAT_EVERY_MS = 10_000;
/** A process that has not moved for this long is named to whoever looks after the others. */
const SILENT_AFTER_MS = 60_000;

/** An opened transport that consumes. */
interface Session extends ProcessIdentity {
  readonly command?: string;
  /** Counts up while the process' event loop turns. */
  readonly beats?: number;
}

/** What was last seen of another session, on this process' monotonic clock. */
interface Seen {
  readonly beats: number | undefined;
  readonly at: number;
  isReported: boolean;
}

export type Sessions = ReturnType<typeof createSessions>;

/**
 * Which opened transports consume, so that what a dead one held is given back by any other. A session ends with its
 * process and not before, whatever clocks say: one that is stopped or blocked goes on with what it holds some time, and
 * to give that to others would run a key's tasks twice and out of order. It is named instead.
 */
export function createSessions(settings: {
  readonly store: Store<CursorTables>;
  readonly cursors: Cursors;
  readonly starts: Pick<Starts, "begin" | "read" | "forget">;
  readonly clock: Clock;
  readonly reportProblem: ReportProblem;
}) {
  const { store, cursors, starts, clock, reportProblem } = settings;
  const { sessions } = store.tables;
  const seen = new Map<number, Seen>();
  let own: number | undefined;
  let beats = 0;
  let stopBeating: Cancel | undefined;

  function beat(id: number): void {
    beats += 1;
    const session: Session = { ...currentProcess(), command: ownCommand(), beats };
    store.transact(() => sessions.putSync(id, session));
  }

  function beatOnAndOn(): void {
    stopBeating = clock.after(
      BEAT_EVERY_MS,
      () => {
        try {
          if (own !== undefined) beat(own);
        } catch {
          // One is missed; nothing follows from that.
        }
        beatOnAndOn();
      },
      { background: true },
    );
  }

  /** Gives back all that a session's consumers hold; where it has `died`, what it had started may be what it died of. */
  function end(session: number, died: boolean): void {
    const started = died ? starts.read(session) : [];
    const belongs = (consumer: { session: number }) => consumer.session === session;
    for (const name of cursors.names()) {
      if (!cursors.peek(name)?.consumers.some(belongs)) continue;
      cursors.change(name, (state) => {
        for (const { id } of state.consumers.filter(belongs)) {
          suspect(state, started ? startedOf(state, id, started) : heldBy(state, id));
          leave(state, id);
        }
      });
    }
    store.transact(() => sessions.removeSync(session));
    starts.forget(session);
    seen.delete(session);
  }

  function nameIfSilent(key: number, { pid, command, beats: now }: Session): void {
    const last = seen.get(key);
    if (!last || last.beats !== now) {
      seen.set(key, { beats: now, at: clock.monotonic(), isReported: false });
      return;
    }
    if (last.isReported || clock.monotonic() - last.at < SILENT_AFTER_MS) return;
    last.isReported = true;
    reportProblem(
      new FivefoldError(
        "storage-failed",
        `Process ${pid}${command ? ` (${command})` : ""} runs, but has not moved for ${SILENT_AFTER_MS / 1_000} s: it is stopped, or something blocks its event loop. The tasks that it holds, and their keys, wait for it. Fix: let it go on, or end it; others then take what it held.`,
      ),
    );
  }

  return {
    /** This transport's session, begun with the first call. */
    own(): number {
      if (own === undefined) {
        const id = cursors.newId("session");
        beat(id);
        own = id;
        starts.begin(id);
        beatOnAndOn();
      }
      return own;
    },

    /** Enters this transport's session again where it is missing. */
    enter(): void {
      if (own !== undefined) beat(own);
    },

    /** Ends the sessions of processes that ended without saying so. Returns how many. */
    endDead(): number {
      const dead: number[] = [];
      for (const { key, value } of sessions.getRange({})) {
        if (key === own) continue;
        const session = value as Session;
        // Of another container: it is not let in while this one has the folder open, so it has ended.
        const isForeign = session.pidNamespace !== currentProcess().pidNamespace;
        if (isForeign || hasEnded(session)) dead.push(key);
        else nameIfSilent(key, session);
      }
      for (const key of dead) end(key, true);
      // A killed process' read transaction would keep LMDB from reusing what was freed since.
      if (dead.length > 0) store.forgetDeadReaders();
      return dead.length;
    },

    async close(): Promise<void> {
      stopBeating?.();
      const id = own;
      if (id !== undefined) await store.whenFree(() => end(id, false));
    },
  };
}

function heldBy(state: SubscriptionState, consumer: number): Range[] {
  return state.partitions.flatMap(({ pending }, partition) =>
    pending.filter(({ holder }) => holder === consumer).map(({ first, end }) => ({ partition, first, end })),
  );
}

/** What of the records that a consumer holds it has started. */
function startedOf(state: SubscriptionState, consumer: number, started: readonly Started[]): Range[] {
  const own = started.filter((entry) => entry.consumer === consumer);
  return heldBy(state, consumer).flatMap((held) =>
    own
      .filter(({ partition, first, end }) => partition === held.partition && first < held.end && end > held.first)
      .map(({ partition, first, end }) => ({
        partition,
        first: Math.max(first, held.first),
        end: Math.min(end, held.end),
      })),
  );
}
