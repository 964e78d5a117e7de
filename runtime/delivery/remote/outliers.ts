import type { Ejection, Host } from "./host.ts";

/*
 * When a host is taken out, as Envoy's outlier detection defines it, with its defaults: so many failures in a row, or a
 * success rate far below the others'. Two things differ. Any share of the hosts may be out: Envoy keeps nine in ten in, and
 * spreads over sick ones when few are left, while a task can wait. And a host that can't be connected to comes back as
 * soon as it can be.
 */
const FAILURES_IN_A_ROW = 5;
export const INTERVAL_MS = 10_000;
const BASE_EJECTION_MS = 30_000;
const LONGEST_EJECTION_MS = 300_000;
const FEWEST_HOSTS = 5;
const FEWEST_ANSWERS = 100;
const STANDARD_DEVIATIONS = 1.9;

/** Counts an answer, or that there was none. True where it takes the host out. */
export function countAnswer(host: Host, isGood: boolean, why: Ejection, now: number): boolean {
  host.answers++;
  if (isGood) {
    host.goodAnswers++;
    host.failures = 0;
    return false;
  }
  host.failures++;
  if (host.failures < FAILURES_IN_A_ROW || host.ejected) return false;
  eject(host, why, now);
  return true;
}

export function eject(host: Host, why: Ejection, now: number): void {
  host.ejections++;
  const lengthMs = Math.min(BASE_EJECTION_MS * host.ejections, LONGEST_EJECTION_MS);
  host.ejected = { until: now + lengthMs, why };
}

/** Lets a host have requests again, few at first. */
export function takeBack(host: Host, now: number): void {
  host.ejected = undefined;
  host.failures = 0;
  host.failedProbes = 0;
  host.latencyMs = 0;
  host.warmSince = now;
}

/**
 * Ends an interval: takes out hosts whose success rate lies far below the others', and forgets one ejection of each good one.
 * Returns those that it took out.
 */
export function endInterval(hosts: readonly Host[], now: number): readonly Host[] {
  const measured = hosts.filter(({ answers, ejected }) => answers >= FEWEST_ANSWERS && !ejected);
  const ejected: Host[] = [];
  if (measured.length >= FEWEST_HOSTS) {
    const rates = measured.map(({ goodAnswers, answers }) => goodAnswers / answers);
    const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
    const variance = rates.reduce((sum, rate) => sum + (rate - mean) ** 2, 0) / rates.length;
    const threshold = mean - STANDARD_DEVIATIONS * Math.sqrt(variance);
    for (const [index, host] of measured.entries()) {
      if (rates[index]! >= threshold) continue;
      eject(host, "answers", now);
      ejected.push(host);
    }
  }
  for (const host of hosts) {
    if (!host.ejected && host.failures === 0 && host.ejections > 0) host.ejections--;
    host.answers = 0;
    host.goodAnswers = 0;
  }
  return ejected;
}
