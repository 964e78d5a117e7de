import { OffsetQueue } from "./offset-queue.ts";

/** Records of one key or, without order, of one tenant. */
interface Lane {
  readonly name: string;
  readonly partition: number;
  /** In order of their offsets: what came back, all of it before what never was taken. */
  readonly waiting: OffsetQueue;
  /** By order alone, as are `credit`, `returning` and `blocked`: how many of its records the consumer holds, */
  held: number;
  /** how many it may hold, */
  credit: number;
  /** how many it is giving back, */
  returning: number;
  /** and whether nothing more may be taken until it holds none: what was given back comes behind what it still holds. */
  blocked: boolean;
  /** Where it is listed. */
  turn: Turn | undefined;
}

/** What has one place in the round: a tenant, or everybody. */
interface Turn {
  readonly tenant: string;
  readonly lanes: Set<Lane>;
}

/** A record that was taken out of its lane. */
export interface Taken {
  readonly partition: number;
  readonly offset: number;
  readonly key: string;
  readonly tenant: string;
}

export interface LanesOptions {
  readonly ordered: boolean;
  readonly fair: boolean;
  /** Records of one key that the consumer may hold at once. */
  readonly heldPerKey: number;
  /** How many records of a tenant wait for other consumers alone. */
  readonly elsewhere: (tenant: string) => number;
}

/** A tenant whose records wait here. */
interface Tenant {
  waiting: number;
  /** How many turns it passes over before its next one, and whether that was found out since its last one. */
  passes: number;
  isCounted: boolean;
}

/** However many records wait elsewhere: they may be done sooner than these. */
const MAX_PASSES = 100;

export type BacklogLanes = ReturnType<typeof createBacklogLanes>;

/**
 * What a consumer could take, in lanes. With `ordered`, a lane is a key, and gives out no more while what was given back
 * of it has to wait for what is held. With `fair`, tenants take turns; without, lanes do. With both, a key's turn is that
 * of its first record's tenant, and a tenant passes over as many turns as it gets from other consumers: all together they
 * give it no more than one whose records are all here.
 */
export function createBacklogLanes({ ordered, fair, heldPerKey, elsewhere }: LanesOptions) {
  const lanes = new Map<string, Lane>();
  const turns = new Map<string, Turn>();
  /** Turns that have something to give, in order. A set iterates in the order of insertion. */
  const round = new Set<Turn>();
  /** Kept with order by key only: without, all consumers can take everything. */
  const tenants = new Map<string, Tenant>();

  function laneOf(key: string, tenant: string, partition: number): Lane {
    const name = ordered ? key : tenant;
    let lane = lanes.get(name);
    if (!lane) {
      const waiting = new OffsetQueue(ordered && fair);
      lane = { name, partition, waiting, held: 0, credit: heldPerKey, returning: 0, blocked: false, turn: undefined };
      lanes.set(name, lane);
    }
    return lane;
  }

  function wait(lane: Lane, offset: number, tenant: string): void {
    if (!lane.waiting.add(offset, tenant) || !ordered || !fair) return;
    const known = tenants.get(tenant);
    if (known) known.waiting += 1;
    else tenants.set(tenant, { waiting: 1, passes: 0, isCounted: false });
  }

  function waitsNoMore(tenant: string): void {
    const known = tenants.get(tenant);
    if (!known) return;
    known.waiting -= 1;
    known.isCounted = false;
    if (known.waiting === 0) tenants.delete(tenant);
  }

  function passes(tenant: string): boolean {
    const known = tenants.get(tenant);
    if (!known) return false;
    // Of all its records, those here come at even distances, the last one last.
    if (!known.isCounted) known.passes += Math.min(MAX_PASSES, elsewhere(tenant) / known.waiting);
    known.isCounted = true;
    if (known.passes < 1) return false;
    known.passes -= 1;
    return true;
  }

  /** The turn that is next; it goes behind all others. */
  function nextTurn(): Turn | undefined {
    for (const turn of round) {
      round.delete(turn);
      if (!passes(turn.tenant)) return turn;
      // What is added to a set while it is gone through comes in it once more.
      round.add(turn);
    }
    return undefined;
  }

  const tenantOfNext = (lane: Lane): string => (!fair ? "" : ordered ? lane.waiting.firstTag : lane.name);

  const isOpen = (lane: Lane): boolean => !lane.blocked && lane.held < lane.credit;

  /** Puts a lane where it belongs now. */
  function list(lane: Lane): void {
    const tenant = lane.waiting.length > 0 && isOpen(lane) ? tenantOfNext(lane) : undefined;
    if (lane.turn && lane.turn.tenant !== tenant) {
      const { turn } = lane;
      lane.turn = undefined;
      turn.lanes.delete(lane);
      if (turn.lanes.size === 0) {
        round.delete(turn);
        turns.delete(turn.tenant);
      }
    }
    if (tenant !== undefined && !lane.turn) {
      let turn = turns.get(tenant);
      if (!turn) {
        turn = { tenant, lanes: new Set() };
        turns.set(tenant, turn);
      }
      turn.lanes.add(lane);
      lane.turn = turn;
      round.add(turn);
    }
    if (lane.waiting.length === 0 && lane.held === 0 && lane.returning === 0) lanes.delete(lane.name);
  }

  function unblock(lane: Lane): void {
    if (lane.held === 0 && lane.returning === 0) lane.blocked = false;
    list(lane);
  }

  return {
    /** Whether `next` has something. */
    get ready(): boolean {
      return round.size > 0;
    },

    /** Adds a record that can be taken. */
    add({ partition, offset, key, tenant }: Taken): void {
      const lane = laneOf(key, tenant, partition);
      wait(lane, offset, tenant);
      list(lane);
    },

    /** Takes a record that was never in a lane, unless others of its key come before it. Only with order, without turns. */
    takeAtOnce(key: string, partition: number): boolean {
      const lane = laneOf(key, "", partition);
      if (lane.waiting.length > 0 || !isOpen(lane)) return false;
      lane.held += 1;
      return true;
    },

    /** Takes the record whose turn it is. */
    next(): Taken | undefined {
      const turn = nextTurn();
      if (!turn) return undefined;
      const [lane] = turn.lanes as Set<Lane>;
      const { tenant } = turn;
      const offset = lane!.waiting.take();
      waitsNoMore(tenant);
      if (ordered) lane!.held += 1;
      turn.lanes.delete(lane!);
      lane!.turn = undefined;
      if (turn.lanes.size > 0) round.add(turn);
      else turns.delete(tenant);
      list(lane!);
      return { partition: lane!.partition, offset, key: ordered ? lane!.name : "", tenant: fair ? tenant : "" };
    },

    /** A taken record turned out to be somebody else's. */
    drop({ key, partition }: Taken): void {
      if (!ordered) return;
      const lane = laneOf(key, "", partition);
      lane.held -= 1;
      unblock(lane);
    },

    /** Undoes a taking. */
    restore(taken: Taken): void {
      const lane = laneOf(taken.key, taken.tenant, taken.partition);
      if (ordered) lane.held -= 1;
      wait(lane, taken.offset, taken.tenant);
      unblock(lane);
    },

    /** A record that was held is settled. */
    settled(key: string): void {
      const lane = ordered ? lanes.get(key) : undefined;
      if (!lane || lane.held === 0) return;
      lane.held -= 1;
      lane.credit = Math.min(heldPerKey, 2 * lane.credit);
      unblock(lane);
    },

    /** A record that is held is about to be given back: nothing of its key comes before it does. */
    returning({ key, partition }: Pick<Taken, "key" | "partition">): void {
      if (!ordered) return;
      const lane = laneOf(key, "", partition);
      lane.held = Math.max(0, lane.held - 1);
      lane.returning += 1;
      lane.blocked = true;
      // More than the consumer kept would only be given back once more.
      lane.credit = Math.max(1, Math.min(lane.credit, lane.held));
      list(lane);
    },

    /** It could not be given back, and is held still. */
    kept({ key, partition }: Pick<Taken, "key" | "partition">): void {
      if (!ordered) return;
      const lane = laneOf(key, "", partition);
      lane.held += 1;
      lane.returning -= 1;
    },

    /** It was given back. `isOpen`: it can be taken again. */
    returned(record: Taken, isOpen: boolean): void {
      const lane = laneOf(record.key, record.tenant, record.partition);
      if (isOpen) wait(lane, record.offset, record.tenant);
      if (ordered) lane.returning -= 1;
      unblock(lane);
    },

    /** Forgets what could be taken of a partition; not what is held of it. */
    forget(partition: number): void {
      for (const lane of [...lanes.values()]) {
        if (lane.partition !== partition) continue;
        if (ordered && fair) lane.waiting.eachTag(waitsNoMore);
        lane.waiting.clear();
        list(lane);
      }
    },
  };
}
