import type { Clock } from "../contract/clock.ts";
import { Problem } from "./problem.ts";

/** How many events each producer may send of each use case. */
export interface ProducerRates {
  /** Takes what one event needs; throws a Problem (429) where nothing is left. Called before a body is read. */
  take(producer: string, useCase: string): void;
  /** Takes what further events need. What is not left is owed: nothing more is taken until it has come in. */
  owe(producer: string, useCase: string, events: number): void;
  /** Ms until something is left; 0: it is. */
  waitMs(producer: string, useCase: string): number;
}

interface Bucket {
  left: number;
  at: number;
}

/** A second's worth may come at once. */
const BURST_S = 1;

/** Buckets are made for producers that have a token alone, so there are no more than tokens times use cases. */
export function createProducerRates(perSecond: number, clock: Clock): ProducerRates {
  const buckets = new Map<string, Bucket>();
  const most = Math.max(1, perSecond * BURST_S);

  function bucketOf(producer: string, useCase: string): Bucket {
    const key = `${producer} ${useCase}`;
    const now = clock.monotonic();
    let bucket = buckets.get(key);
    if (bucket === undefined) {
      bucket = { left: most, at: now };
      buckets.set(key, bucket);
    }
    bucket.left = Math.min(most, bucket.left + ((now - bucket.at) / 1_000) * perSecond);
    bucket.at = now;
    return bucket;
  }

  const waitOf = ({ left }: Bucket) => (left >= 1 ? 0 : ((1 - left) / perSecond) * 1_000);

  return {
    take(producer, useCase) {
      const bucket = bucketOf(producer, useCase);
      if (bucket.left >= 1) {
        bucket.left -= 1;
        return;
      }
      throw new Problem({
        status: 429,
        code: "throttled",
        detail: `'${producer}' may send ${perSecond} events a second for '${useCase}', and has. Nothing was stored.`,
        fix: "Send it again after `Retry-After`, or ask who runs the gateway for a higher `--rate`.",
        retryAfterS: Math.ceil(waitOf(bucket) / 1_000),
      });
    },
    owe(producer, useCase, events) {
      bucketOf(producer, useCase).left -= events;
    },
    waitMs: (producer, useCase) => waitOf(bucketOf(producer, useCase)),
  };
}
