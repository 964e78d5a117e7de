import type { ConsumerState } from "./standstill.ts";

/** Of the broker's statistics of a subscription what is used. */
export interface SubscriptionStats {
  readonly type?: string;
  /** In entries, those that wait for a consumer's acknowledgement included. */
  readonly msgBacklog?: number;
  readonly msgDelayed?: number;
  /** In messages, of which an entry has one or more. */
  readonly unackedMessages?: number;
  readonly msgOutCounter?: number;
  readonly consumers?: readonly ConsumerStats[];
}

/** Of one of its consumers. */
interface ConsumerStats {
  readonly consumerName?: string;
  readonly availablePermits?: number;
  readonly unackedMessages?: number;
  readonly drainingHashes?: { readonly hash: number; readonly unackMsgs: number }[];
}

/** What the broker takes a consumer for, by its name; undefined: the subscription has none of that name. */
export function stateOfConsumer(subscription: SubscriptionStats, name: string): ConsumerState | undefined {
  const consumer = subscription.consumers?.find(({ consumerName }) => consumerName === name);
  if (!consumer) return undefined;
  return {
    draining: drainingOf(consumer).map(({ hash }) => hash),
    permits: consumer.availablePermits ?? 1,
    unsettled: consumer.unackedMessages ?? 0,
    withheldAfter: withholds(subscription, consumer) ? (subscription.msgOutCounter ?? 0) : undefined,
  };
}

function drainingOf({ drainingHashes = [] }: ConsumerStats) {
  return drainingHashes.filter(({ unackMsgs }) => unackMsgs > 0);
}

/** Whether a subscription has what none of its consumers has, though those that it could be for would take it. */
function withholds(subscription: SubscriptionStats, own: ConsumerStats): boolean {
  const { type, msgBacklog = 0, msgDelayed = 0, unackedMessages = 0, consumers = [] } = subscription;
  if (msgBacklog - msgDelayed - Math.max(0, unackedMessages) <= 0) return false;
  // By key it is for one of them alone, and nobody knows for whom.
  const takers = type === "Shared" ? [own] : consumers;
  return takers.every((taker) => (taker.availablePermits ?? 0) > 0 && drainingOf(taker).length === 0);
}
