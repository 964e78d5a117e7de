import { type HistoryEvent, KINDS, partsOf } from "./history.ts";

/** What the transport promised to those who made a history. */
export interface Promised {
  /** Whether one consumer at a time has a key's records, in publishing order. */
  readonly ordered: boolean;
}

/** All that is known of one record. */
interface Fate {
  readonly index: number;
  readonly key: string;
  /** Its publish resolved: it must come. */
  published: boolean;
  /** Some consumer got it at some time of this history. */
  comes: boolean;
  holder: string | undefined;
  /** An acknowledging call began; from then on it counts as settled. */
  acknowledged: boolean;
  /** It was given back, which breaks its place in the order. */
  givenBack: boolean;
  /** What allows it to come once more; it came for the first time, otherwise. */
  mayRepeat: boolean;
  /** Its publish began. */
  begun: boolean;
  /** How often more it may come, since the transport was made to forget that it had given it out. */
  extra: number;
  /** It was held when the transport was made to forget by whom: another may have it beside its holder. */
  forgotten: boolean;
  times: number;
}

/** Records of one producer and key, by number. */
interface Sequence {
  readonly fates: Fate[];
  /** Everything below was acknowledged. */
  settled: number;
}

const processOf = (who: string): string => who.split(".")[0]!;

/**
 * Finds what a history breaks: records that never came, came twice without a reason, before an earlier one of their key
 * was settled, or while another consumer held one of their key. It takes as held only what certainly was, from the end of
 * `receive` to the beginning of `acknowledge`, so what it finds is a fault under any timing.
 */
export function checkHistory(history: readonly HistoryEvent[], { ordered }: Promised): string[] {
  const events = history
    .map((event) => ({ ...event, rank: KINDS.indexOf(event.kind as (typeof KINDS)[number]) }))
    .sort((one, other) => one.at - other.at || one.rank - other.rank);
  const fates = new Map<string, Fate>();
  const sequences = new Map<string, Sequence>();
  /** By key: how many of its records each consumer holds. */
  const holders = new Map<string, Map<string, number>>();
  /** By consumer. */
  const held = new Map<string, Set<Fate>>();
  /** Processes whose end has been set going: what they tell from then on counts for what they acknowledge alone. */
  const dead = new Set<string>();
  const faults: string[] = [];

  function fateOf(id: string): Fate {
    let fate = fates.get(id);
    if (!fate) {
      const { sequence, key, index } = partsOf(id);
      fate = { index, key, holder: undefined, times: 0, published: false, comes: false, ...NEW };
      fates.set(id, fate);
      const known = sequences.get(sequence);
      if (known) known.fates[index] = fate;
      else {
        const created: Sequence = { fates: [], settled: 0 };
        created.fates[index] = fate;
        sequences.set(sequence, created);
      }
    }
    return fate;
  }

  function hold(fate: Fate, who: string): void {
    fate.holder = who;
    const ofKey = holders.get(fate.key) ?? new Map<string, number>();
    holders.set(fate.key, ofKey);
    ofKey.set(who, (ofKey.get(who) ?? 0) + 1);
    const ofWho = held.get(who) ?? new Set();
    held.set(who, ofWho);
    ofWho.add(fate);
  }

  function letGo(fate: Fate): void {
    const who = fate.holder;
    if (who === undefined) return;
    fate.holder = undefined;
    held.get(who)!.delete(fate);
    const ofKey = holders.get(fate.key)!;
    const left = ofKey.get(who)! - 1;
    if (left > 0) ofKey.set(who, left);
    else ofKey.delete(who);
  }

  /** Whoever `who` is holds nothing any more: all of it may come once more. */
  function end(who: string): void {
    for (const fate of [...(held.get(who) ?? [])]) {
      letGo(fate);
      fate.mayRepeat = true;
    }
  }

  function checkOrder(id: string, who: string, at: number): void {
    const { sequence, index } = partsOf(id);
    const { fates: all, settled } = sequences.get(sequence)!;
    for (let earlier = settled; earlier < index; earlier++) {
      const fate = all[earlier];
      // Its publish was cut off by a kill, so that it may not be there.
      if (!fate || (!fate.published && !fate.comes)) continue;
      if (fate.acknowledged || fate.givenBack || fate.holder === who) continue;
      const state = fate.holder === undefined ? "nobody had it" : `${fate.holder} held it`;
      faults.push(`${id} came to ${who} at ${at}, before ${sequence}/${earlier} was settled: ${state}`);
      return;
    }
  }

  function receive(id: string, who: string, at: number): void {
    const fate = fateOf(id);
    if (dead.has(processOf(who))) {
      fate.times += 1;
      fate.mayRepeat = true;
      return;
    }
    if (fate.holder !== undefined && !fate.forgotten) {
      faults.push(`${id} came to ${who} at ${at} while ${fate.holder} held it`);
    } else if (fate.times > 0 && !fate.mayRepeat) {
      if (fate.extra > 0) fate.extra -= 1;
      else faults.push(`${id} came to ${who} at ${at} once more, for no reason`);
    }
    fate.times += 1;
    fate.mayRepeat = false;
    fate.forgotten = false;
    letGo(fate);
    if (ordered) {
      for (const other of holders.get(fate.key)?.keys() ?? []) {
        if (other !== who && holdsForSure(other, fate.key))
          faults.push(`${id} came to ${who} at ${at} while ${other} held another of its key`);
      }
      checkOrder(id, who, at);
    }
    hold(fate, who);
  }

  function holdsForSure(who: string, key: string): boolean {
    return [...held.get(who)!].some((fate) => fate.key === key && !fate.forgotten);
  }

  function acknowledge(id: string): void {
    const fate = fateOf(id);
    letGo(fate);
    fate.acknowledged = true;
    const sequence = sequences.get(partsOf(id).sequence)!;
    while (sequence.fates[sequence.settled]?.acknowledged) sequence.settled += 1;
  }

  for (const { kind, ids } of events) {
    if (kind === "received") for (const id of ids) fateOf(id).comes = true;
    if (kind === "publish") for (const id of ids) fateOf(id);
    if (kind === "published") for (const id of ids) fateOf(id).published = true;
  }
  for (const { kind, at, who, ids } of events) {
    if (kind === "received") for (const id of ids) receive(id, who, at);
    if (kind === "acknowledge") for (const id of ids) acknowledge(id);
    if (kind === "give-back") {
      for (const id of ids) {
        const fate = fateOf(id);
        letGo(fate);
        fate.givenBack = true;
        fate.mayRepeat = true;
      }
    }
    if (kind === "close") end(who);
    if (kind === "kill") {
      dead.add(who);
      for (const consumer of held.keys()) if (processOf(consumer) === who) end(consumer);
      // What it was about to acknowledge may not have been stored.
      for (const id of unstoredOf(events, who)) fateOf(id).mayRepeat = true;
    }
    if (kind === "publish") for (const id of ids) fateOf(id).begun = true;
    // What a consumer had taken and not yet returned comes again, too.
    if (kind === "disturb") {
      for (const fate of fates.values()) {
        if (!fate.begun) continue;
        fate.extra += 1;
        fate.forgotten = fate.holder !== undefined;
      }
    }
  }

  const missing = [...fates].filter(([, fate]) => fate.published && !fate.acknowledged).map(([id]) => id);
  if (missing.length > 0) {
    const never = missing.filter((id) => !fates.get(id)!.comes).length;
    faults.unshift(
      `${missing.length} of ${fates.size} records were not handled, ${never} of them never came: ${missing.slice(0, 5).join(" ")} …`,
    );
  }
  return faults;
}

const NEW = {
  ...{ acknowledged: false, givenBack: false, mayRepeat: false },
  ...{ begun: false, extra: 0, forgotten: false },
};

/** What a process acknowledged without learning that it was stored. */
function unstoredOf(events: readonly HistoryEvent[], process: string): Set<string> {
  const unstored = new Set<string>();
  for (const { kind, who, ids } of events) {
    if (processOf(who) !== process) continue;
    if (kind === "acknowledge") for (const id of ids) unstored.add(id);
    if (kind === "acknowledged") for (const id of ids) unstored.delete(id);
  }
  return unstored;
}
