import type { Retry } from "../delivery/settlement.ts";
import type { Ports } from "../ports/ports.ts";
import type { Publisher } from "../ports/publisher.ts";
import type { DelayRunner } from "../scheduler/delay-runner.ts";

/**
 * Stores a topic's retries until they are due. A short wait is left to the transport where it keeps them: that writes
 * once, and the delay store three times.
 */
export function createRetryDelays({
  ports: { transport, clock },
  topic,
  isKeyed,
  publish,
  delayRunner,
}: {
  readonly ports: Pick<Ports, "transport" | "clock">;
  readonly topic: string;
  /** Of tasks with a key, what a broker holds back may hold up others of the key: all of them go to the delay store. */
  readonly isKeyed: boolean;
  readonly publish: Publisher["publish"];
  readonly delayRunner: Pick<DelayRunner, "add">;
}): (retries: readonly Retry[]) => Promise<void> {
  const { longestDelayMs } = transport.capabilities;
  const isShort = ({ dueAt }: Retry) => !isKeyed && longestDelayMs > 0 && dueAt - clock.now() <= longestDelayMs;
  return async (retries) => {
    const { short = [], long = [] } = Object.groupBy(retries, (retry) => (isShort(retry) ? "short" : "long"));
    if (long.length > 0) await delayRunner.add(long.map((retry) => ({ topic, ...retry })));
    if (short.length === 0) return;
    await publish(
      topic,
      short.map(({ record }) => record),
      short.map(({ dueAt }) => dueAt),
    );
  };
}
