import type { Clock } from "../../contract/clock.ts";
import type { Host } from "./host.ts";

/** How long a host that comes back, or is new, gets less than its share, and its share at first. */
export const SLOW_START_MS = 10_000;
const LEAST_SHARE = 0.1;
/** The share of a zone's hosts that must be fit for their zone to be preferred. */
const FIT_IN_ZONE = 0.7;

/** From `LEAST_SHARE` to 1, as its slow start goes on. */
export function shareOf({ warmSince }: Host, now: number): number {
  if (warmSince === 0) return 1;
  return Math.min(1, Math.max(LEAST_SHARE, (now - warmSince) / SLOW_START_MS));
}

/**
 * Chooses a host by power of two choices (Mitzenmacher, 2001): of two random ones, that where a request is likely to wait
 * less. A host that does not answer is known by the age of what it owes, long before its requests time out.
 */
export function chooseHost(fit: readonly Host[], clock: Clock, now: number): Host | undefined {
  if (fit.length <= 1) return fit[0];
  const first = draw(fit, undefined, clock, now);
  const second = draw(fit, first, clock, now);
  const [a, b] = [fit[first]!, fit[second]!];
  // What a host is taken to need that has not answered yet: as long as the other one.
  const unknownMs = a.latencyMs || b.latencyMs || 1;
  let [needsA, needsB] = [needsOf(a, now, unknownMs), needsOf(b, now, unknownMs)];
  if (Math.max(needsA, needsB) <= SAME_WITHIN * Math.min(needsA, needsB)) needsA = needsB = 1;
  return needsB * (b.pending.size + 1) < needsA * (a.pending.size + 1) ? b : a;
}

/** Draws that may meet hosts in their slow start before one of them is taken all the same. */
const MOST_DRAWS = 4;

/** The index of a random host, other than that one; one in its slow start comes up as often as its share says. */
function draw(fit: readonly Host[], not: number | undefined, clock: Clock, now: number): number {
  let index = 0;
  for (let draws = 0; draws < MOST_DRAWS; draws++) {
    index = Math.floor(clock.random() * (fit.length - (not === undefined ? 0 : 1)));
    if (not !== undefined && index >= not) index++;
    const share = shareOf(fit[index]!, now);
    if (share === 1 || clock.random() < share) break;
  }
  return index;
}

/** Shorter times than this are one host's as well as another's: a pause of either process is longer. */
const TELLABLE_MS = 5;
/**
 * Times within this factor differ by chance, so that what is pending decides. A host that is a little slower than all
 * others would get nothing otherwise.
 */
const SAME_WITHIN = 2;

/** How long an answer of it is likely to take, in ms. */
function needsOf(host: Host, now: number, unknownMs: number): number {
  const [oldest] = host.pending;
  const waitedMs = oldest ? now - oldest.startedAt : 0;
  return Math.max(TELLABLE_MS, latencyOf(host, now) || unknownMs, waitedMs);
}

/** How fast an average forgets: an answer from this long ago counts for a third of one from now. */
const MEMORY_MS = 5_000;

/** What it has shown, forgotten bit by bit: a host that gets nothing could never show that it is quicker now. */
function latencyOf({ latencyMs, latencyAt }: Host, now: number): number {
  return latencyMs * Math.exp((latencyAt - now) / MEMORY_MS);
}

/** Takes an answer's time into a host's latency: at once where it is longer, bit by bit where it is shorter (peak EWMA). */
export function noteLatency(host: Host, latencyMs: number, now: number): void {
  const shown = latencyOf(host, now);
  const weight = Math.exp((host.latencyAt - now) / MEMORY_MS);
  host.latencyMs = Math.max(latencyMs, shown + latencyMs * (1 - weight), 0.01);
  host.latencyAt = now;
}

/** The hosts of the worker's own zone, where enough of them are fit; else all that are fit. */
export function preferZone(all: readonly Host[], fit: readonly Host[], zone: string): readonly Host[] {
  const isNear = (host: Host) => zone !== "" && host.zone === zone;
  const near = fit.filter(isNear);
  const ofZone = all.filter(isNear).length;
  return near.length > 0 && near.length >= ofZone * FIT_IN_ZONE ? near : fit;
}
