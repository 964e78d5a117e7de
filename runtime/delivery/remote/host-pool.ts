import type { Cancel, Clock } from "../../contract/clock.ts";
import type { ReportProblem } from "../../contract/contract.ts";
import { FivefoldError } from "../../contract/errors.ts";
import { describeThrown } from "../../contract/thrown.ts";
import type { AddressGuard } from "./address-guard.ts";
import { chooseHost, noteLatency, preferZone, SLOW_START_MS, shareOf } from "./balance.ts";
import { createHost, type Ejection, type Host } from "./host.ts";
import type { HttpClient } from "./http-client.ts";
import { countAnswer, eject, endInterval, INTERVAL_MS, takeBack } from "./outliers.ts";
import type { Resolve } from "./resolve.ts";
import type { TargetUrl } from "./target-url.ts";

export interface HostPoolOptions {
  /** What the hosts are of, as messages name it: `service 'thumbnails'`. */
  readonly name: string;
  readonly urls: readonly TargetUrl[];
  /** Where this process is; empty: not known. */
  readonly zone: string;
  /** What answers a GET with 2xx on a host that is well. Absent: nothing is asked. */
  readonly healthPath?: string | undefined;
  readonly guard: AddressGuard;
  readonly resolve: Resolve;
  readonly client: HttpClient;
  readonly clock: Clock;
  readonly reportProblem: ReportProblem;
}

/** The hosts of one target, and which of them get requests. */
export interface HostPool {
  /** A host that is fit, other than those given; `undefined`: there is none. */
  pick(now: number, not?: readonly Host[]): Host | undefined;
  /** The part of its hosts that is fit, from 0 to 1; those that come back count for their share. */
  share(): number;
  /** Counts how a request ended; `why`: what it tells of its host; `undefined`: it is well. */
  ended(host: Host, why: Ejection | undefined, startedAt: number, now: number): void;
  /** Calls back when `share` may have changed, until the returned function is called. */
  watch(changed: () => void): Cancel;
  close(): void;
}

const SWEEP_MS = 1_000;
const PROBE_EVERY_MS = 5_000;
const PROBE_WITHIN_MS = 2_000;
const FAILED_PROBES = 2;
const RESOLVE_AGAIN_MS = 1_000;

/** Resolves a target's hosts, again whenever that is not good any more, and watches how they do. */
export function createHostPool(options: HostPoolOptions): HostPool {
  const { client, clock, guard, name, healthPath } = options;
  const watchers = new Set<() => void>();
  const timers = new Map<string, Cancel>();
  /** Those of each URL. */
  const hostsOf = new Map<TargetUrl, readonly Host[]>();
  let hosts: readonly Host[] = [];
  let fit: readonly Host[] = [];
  let near: readonly Host[] = [];
  let endsInterval = clock.monotonic() + INTERVAL_MS;
  let probesAt = clock.monotonic();
  let closed = false;

  function later(name: string, delayMs: number, run: () => void): void {
    if (closed || delayMs === Number.POSITIVE_INFINITY) return;
    timers.get(name)?.();
    timers.set(name, clock.after(delayMs, run, { background: true }));
  }

  function changed(): void {
    fit = hosts.filter(({ ejected }) => !ejected);
    near = preferZone(hosts, fit, options.zone);
    for (const tell of watchers) tell();
  }

  async function resolveUrl(url: TargetUrl): Promise<void> {
    let againMs = RESOLVE_AGAIN_MS;
    try {
      const { addresses, ttlMs } = await options.resolve(url.hostname);
      if (closed) return;
      againMs = ttlMs;
      take(url, addresses);
    } catch (error) {
      report(`${url.hostname} can't be resolved now: ${describeThrown(error)}`, error);
    }
    later(url.href, againMs, () => void resolveUrl(url));
  }

  /** Takes the addresses that a name has now. */
  function take(url: TargetUrl, addresses: readonly string[]): void {
    const before = hostsOf.get(url);
    const now = before ? clock.monotonic() : 0;
    const open = addresses.filter((address) => {
      const why = guard.refuse(address);
      if (why) report(`nothing is sent to ${url.hostname} at ${address}: ${why}`);
      return !why;
    });
    const { origin, basePath, port, zone } = url;
    const taken = open.map(
      (address) =>
        before?.find((host) => host.address === address) ??
        createHost({ address, port, id: `${origin} at ${address}`, origin, basePath, zone }, now),
    );
    const gone = before?.filter((host) => !taken.includes(host)) ?? [];
    if (before && gone.length === 0 && taken.length === before.length) return;
    hostsOf.set(url, taken);
    hosts = [...hostsOf.values()].flat();
    for (const host of gone) client.forget(host);
    changed();
  }

  function report(message: string, cause?: unknown): void {
    options.reportProblem(new FivefoldError("not-connected", `Of ${name}, ${message}.`, { cause }));
  }

  function sweep(): void {
    const now = clock.monotonic();
    let isChanged = false;
    if (now >= endsInterval) {
      endsInterval = now + INTERVAL_MS;
      const ejected = endInterval(hosts, now);
      for (const host of ejected) tellOfEjection(host, "answers");
      isChanged = ejected.length > 0;
    }
    for (const host of hosts) {
      const { ejected, warmSince } = host;
      if (ejected && ejected.why !== "probe" && now >= ejected.until) {
        takeBack(host, now);
        isChanged = true;
      } else if (ejected?.why === "unreachable") void probeConnection(host);
      if (!ejected && warmSince > 0) {
        if (now - warmSince > SLOW_START_MS) host.warmSince = 0;
        isChanged = true;
      }
    }
    if (healthPath !== undefined && now >= probesAt) {
      probesAt = now + PROBE_EVERY_MS;
      for (const host of hosts) void probeHealth(host, healthPath);
    }
    if (isChanged) changed();
    later("sweep", SWEEP_MS, sweep);
  }

  async function probeConnection(host: Host): Promise<void> {
    const connects = await client.connects(host);
    if (!connects || closed || host.ejected?.why !== "unreachable") return;
    takeBack(host, clock.monotonic());
    changed();
  }

  async function probeHealth(host: Host, path: string): Promise<void> {
    const status = await client.probe(host, host.basePath + path, PROBE_WITHIN_MS);
    if (closed) return;
    const isWell = status !== undefined && status >= 200 && status < 300;
    host.failedProbes = isWell ? 0 : host.failedProbes + 1;
    const now = clock.monotonic();
    if (!isWell && host.failedProbes >= FAILED_PROBES && host.ejected?.why !== "probe") {
      eject(host, "probe", now);
      tellOfEjection(host, "probe");
      changed();
    } else if (isWell && host.ejected?.why === "probe") {
      takeBack(host, now);
      changed();
    }
  }

  function tellOfEjection({ id }: Host, why: Ejection): void {
    const reasons = { unreachable: "can't be reached", answers: "fails", probe: "fails its health probes" };
    report(`${id} ${reasons[why]}, and gets nothing until it is well`);
  }

  for (const url of options.urls) void resolveUrl(url);
  later("sweep", SWEEP_MS, sweep);

  return {
    pick(now, not) {
      if (!not) return chooseHost(near, clock, now);
      return chooseHost(
        fit.filter((host) => !not.includes(host)),
        clock,
        now,
      );
    },
    share() {
      if (hosts.length === 0) return 0;
      if (fit.length === hosts.length && fit.every(({ warmSince }) => warmSince === 0)) return 1;
      const now = clock.monotonic();
      return fit.reduce((sum, host) => sum + shareOf(host, now), 0) / hosts.length;
    },
    ended(host, why, startedAt, now) {
      if (!why) noteLatency(host, now - startedAt, now);
      if (!countAnswer(host, !why, why ?? "answers", now)) return;
      tellOfEjection(host, why ?? "answers");
      changed();
    },
    watch(tell) {
      watchers.add(tell);
      return () => watchers.delete(tell);
    },
    close() {
      closed = true;
      for (const cancel of timers.values()) cancel();
      for (const host of hosts) client.forget(host);
    },
  };
}
