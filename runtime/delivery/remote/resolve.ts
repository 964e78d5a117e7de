import { lookup, Resolver } from "node:dns/promises";
import { isIP } from "node:net";
import type { Clock } from "../../contract/clock.ts";
import { settledWithin } from "../../contract/clock.ts";

/** The addresses of a name, and how long they are good for. Rejects where there are none. */
export type Resolve = (hostname: string) => Promise<{ readonly addresses: readonly string[]; readonly ttlMs: number }>;

const SHORTEST_TTL_MS = 1_000;
const LONGEST_TTL_MS = 30_000;
/** What is taken where nobody tells: names of the hosts file, or of a DNS server that does not answer this process. */
const USUAL_TTL_MS = 10_000;
const TTL_WITHIN_MS = 1_000;

/**
 * Asks the system, which knows the hosts file and the search domains of a cluster, and the DNS server for what the system
 * does not tell: how long the answer is good for.
 */
export function createResolve(clock: Clock): Resolve {
  const resolver = new Resolver({ timeout: TTL_WITHIN_MS, tries: 1 });
  return async (hostname) => {
    if (isIP(hostname)) return { addresses: [hostname], ttlMs: Number.POSITIVE_INFINITY };
    let ttlMs = USUAL_TTL_MS;
    const told = resolver.resolve4(hostname, { ttl: true }).then(
      (records) => {
        for (const { ttl } of records) ttlMs = Math.min(ttlMs, ttl * 1_000);
      },
      () => {},
    );
    const found = await lookup(hostname, { all: true });
    await settledWithin(clock, TTL_WITHIN_MS, told);
    // A host of both kinds must not count twice; on this machine, a program may listen on either.
    const isIpv4 = hostname !== "localhost" && found.some(({ family }) => family === 4);
    const kind = found.filter(({ family }) => !isIpv4 || family === 4);
    const addresses = [...new Set(kind.map(({ address }) => address))];
    return { addresses, ttlMs: Math.min(Math.max(ttlMs, SHORTEST_TTL_MS), LONGEST_TTL_MS) };
  };
}
