import type { Cancel, Clock } from "../../clock.ts";
import type { Store } from "../../storage/environment.ts";
import { currentProcess, hasEnded, type ProcessIdentity } from "../../storage/process-identity.ts";
import { leave } from "../subscription-state.ts";
import type { Cursors } from "./cursors.ts";
import type { CursorTables } from "./stores.ts";

/** A live process that was not heard of for this long is taken for hung, and what it holds is given to others. */
const SESSION_TIMEOUT_MS = 60_000;
const HEARTBEAT_MS = 10_000;

/** An opened transport that consumes. */
interface Session extends ProcessIdentity {
  /** Ms since the Unix epoch. */
  readonly heartbeatAt: number;
}

export type Sessions = ReturnType<typeof createSessions>;

/** Which opened transports consume, so that what a dead one held is given back by any other. */
export function createSessions(store: Store<CursorTables>, cursors: Cursors, clock: Clock) {
  const { sessions } = store.tables;
  let own: number | undefined;
  let stopHeartbeat: Cancel | undefined;

  function heartbeat(): void {
    if (own === undefined) return;
    const id = own;
    store.transact(() => sessions.putSync(id, { ...currentProcess(), heartbeatAt: clock.now() } satisfies Session));
  }

  function beatOnAndOn(): void {
    stopHeartbeat = clock.after(
      HEARTBEAT_MS,
      () => {
        try {
          heartbeat();
        } catch {
          // One is missed, of six before this process is taken for dead.
        }
        beatOnAndOn();
      },
      { background: true },
    );
  }

  /** Gives back all that a session's consumers hold. */
  function end(session: number): void {
    const belongs = (consumer: { session: number }) => consumer.session === session;
    for (const name of cursors.names()) {
      if (!cursors.peek(name)?.consumers.some(belongs)) continue;
      cursors.change(name, (state) => {
        for (const { id } of state.consumers.filter(belongs)) leave(state, id);
      });
    }
    store.transact(() => sessions.removeSync(session));
  }

  return {
    /** This transport's session, begun with the first call. */
    own(): number {
      if (own === undefined) {
        own = cursors.newId("session");
        heartbeat();
        beatOnAndOn();
      }
      return own;
    },

    /** Says that this transport's session lives. */
    heartbeat,

    /** Ends the sessions of processes that ended without saying so, or hang. Returns how many. */
    endDead(): number {
      if (own === undefined) return 0;
      const now = clock.now();
      const dead = [...sessions.getRange({})].filter(({ key, value }) => {
        const { heartbeatAt, ...identity } = value as Session;
        return key !== own && (hasEnded(identity) || now - heartbeatAt > SESSION_TIMEOUT_MS);
      });
      for (const { key } of dead) end(key);
      // A killed process' read transaction would keep LMDB from reusing what was freed since.
      if (dead.length > 0) store.forgetDeadReaders();
      return dead.length;
    },

    close(): void {
      stopHeartbeat?.();
      if (own !== undefined) end(own);
    },
  };
}
