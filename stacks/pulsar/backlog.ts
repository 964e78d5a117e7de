import type { PulsarAdmin } from "./admin-client.ts";
import { parseTopicId, topicPath } from "./names.ts";

/** A subscription of a topic, as the broker counts it. */
export interface SubscriptionState {
  readonly name: string;
  /** Entries not acknowledged, each a message or a batch of several. */
  readonly backlog: number;
  readonly replicated: boolean;
}

export interface TopicState {
  /** 0: not partitioned. */
  readonly partitions: number;
  readonly subscriptions: readonly SubscriptionState[];
}

interface Stats {
  readonly subscriptions?: Readonly<
    Record<string, { msgBacklog?: number; isReplicated?: boolean; replicated?: boolean }>
  >;
}

/** `undefined`: there is no such topic. */
export async function readTopic(id: string, admin: PulsarAdmin): Promise<TopicState | undefined> {
  const path = topicPath(id);
  const metadata = await admin.get<{ partitions: number }>(`${path}/partitions?checkAllowAutoCreation=false`);
  if (metadata === undefined) return undefined;
  const { partitions } = metadata;
  const kind = partitions > 0 ? "partitioned-stats?perPartition=false&" : "stats?";
  const stats = await admin.get<Stats>(`${path}/${kind}getPreciseBacklog=true`);
  if (stats === undefined) return undefined;
  const subscriptions = Object.entries(stats.subscriptions ?? {}).map(([name, found]) => ({
    name,
    backlog: found.msgBacklog ?? 0,
    replicated: found.isReplicated ?? found.replicated ?? false,
  }));
  return { partitions, subscriptions };
}

/** What would be lost with some of a topic's subscriptions: a line for each that holds something. */
export function backlogLines({ subscriptions }: TopicState, names?: readonly string[]): string[] {
  return subscriptions
    .filter(({ name, backlog }) => backlog > 0 && (names === undefined || names.includes(name)))
    .map(
      ({ name, backlog }) => `  subscription '${name}': ${backlog} ${backlog === 1 ? "entry" : "entries"} not handled`,
    );
}

export interface Loss {
  /** What would lose it. */
  readonly what: string;
  readonly lines: readonly string[];
  /** How to go on without the loss. */
  readonly mend: string;
  /** The name that allows it. */
  readonly override: string;
}

/** Says no to losing a backlog, and how to go on, without the loss or with it. */
export function lossRefusal({ what, lines, mend, override }: Loss): string {
  return [
    `${what} would lose messages that nobody has handled (an entry is a message, or a batch of several):`,
    ...lines,
    `${mend} Or, to lose them, allow it by name: ${allowCommand(override)}`,
  ].join("\n");
}

/** Adds one name to those that the stack's config allows to lose. */
export function allowCommand(override: string): string {
  return `pulumi config set --path 'fivefold:allowDataLoss[0]' ${override}`;
}

/** What `fivefold:allowDataLoss` calls a topic. */
export function topicOverride(id: string): string {
  return `topic:${parseTopicId(id).topic}`;
}

/** What `fivefold:allowDataLoss` calls a subscription. */
export function subscriptionOverride(id: string, subscription: string): string {
  return `subscription:${parseTopicId(id).topic}/${subscription}`;
}
