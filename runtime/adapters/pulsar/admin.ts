import { sleep } from "../../contract/clock.ts";
import { FivefoldError } from "../../contract/errors.ts";
import { consumed, type TopicDeclaration } from "../../transport/transport.ts";
import { type Answer, parse, reasonOf, send } from "./admin-request.ts";
import { type SubscriptionStats, stateOfConsumer } from "./consumer-state.ts";
import { quotaUsedUp, refusal, standsStill } from "./errors.ts";
import {
  authorization,
  FAIR_PARTITIONS,
  localName,
  PARTITIONED_BY,
  type PulsarSettings,
  topicOfLocalName,
} from "./settings.ts";
import type { ConsumerState } from "./standstill.ts";

/** Topics that are declared at once. */
const DECLARE_AT_ONCE = 16;
/** Processes that start together create the same at the same time: whoever comes second is told that it is busy. */
const BUSY_RETRY_MS = 200;
const BUSY_TRIES = 25;
/** A request is passed on to the broker that owns the topic; more hops than this are a loop. */
const MAX_HOPS = 5;
/** What makes Pulsar read a partitioned topic's properties beside the number of its partitions. */
const PARTITIONED_TOPIC_TYPE = "application/vnd.partitioned-topic-metadata+json";

/** What a topic is like in Pulsar. */
export interface TopicState {
  /** 0: not partitioned. */
  readonly partitions: number;
  /** Unacknowledged entries of each subscription, without those that are held back until later. */
  readonly backlogs: ReadonlyMap<string, number>;
  /** How many consume each subscription, by all partitions. */
  readonly consumers: ReadonlyMap<string, number>;
  /** Whether its backlog is as large as a quota allows. */
  readonly isFull: boolean;
}

/** How a topic is divided. */
export interface Partitioning {
  /** 0: not at all. */
  readonly partitions: number;
  /** Whether what has a key is divided by its tenant. */
  readonly keysByTenant: boolean;
}

export interface Admin {
  /** Creates missing topics, not partitioned, and missing subscriptions at the topic's start. */
  declare(topics: readonly TopicDeclaration[]): Promise<void>;
  /** Throws `unknown-topic` where topic or subscription are missing. */
  requireTopic(topic: string, subscription?: string): Promise<TopicState>;
  /** Why a topic takes no records: it is gone, or a quota is used up; undefined: nothing speaks against it. */
  whyNotStored(topic: string): Promise<FivefoldError | undefined>;
  /** How a topic is divided. Throws `unknown-topic`. */
  readPartitions(topic: string): Promise<Partitioning>;
  /** How many partitions a topic has; 0: it is not partitioned. Throws as `requireTopic`. */
  countPartitions(topic: string, subscription: string): Promise<number>;
  /** As `requireTopic`, for a topic without partitions or for one partition. */
  requireSubscription(topic: string, subscription: string): Promise<void>;
  /**
   * What the broker takes a consumer for, of a topic without partitions or of one partition; undefined: it has none of that
   * name. Throws as `requireTopic`.
   */
  findConsumer(topic: string, subscription: string, name: string): Promise<ConsumerState | undefined>;
  /** Has a topic without partitions, or one partition, loaded anew. Rejects where the role may not. */
  unload(topic: string): Promise<void>;
  /** Names of all topics of the namespace, whether partitioned or not. */
  topicNames(): Promise<readonly string[]>;
  /** Undefined: there is no such topic. */
  stateOf(topic: string): Promise<TopicState | undefined>;
  /** Throws `conflict` where it has consumers. */
  removeSubscription(topic: string, subscription: string): Promise<void>;
}

interface Stats {
  readonly subscriptions?: Record<string, SubscriptionStats>;
  readonly backlogSize?: number;
  /** In bytes; below 0: there is none. */
  readonly backlogQuotaLimitSize?: number;
}

/** The part of Pulsar's admin REST API that a transport needs. */
export function createAdmin({ webUrl, namespace, token, clock }: PulsarSettings): Admin {
  const base = `${webUrl.replace(/\/+$/, "")}/admin/v2/persistent/${namespace}`;

  async function request(method: string, path: string, what: string, body?: string, type?: string): Promise<Answer> {
    let url = base + path;
    for (let hop = 0; hop < MAX_HOPS; hop++) {
      const headers = await authorization(token);
      const answer = await send({ method, url, headers, body, type: type ?? "application/json", what, clock });
      if (answer.location === undefined) return answer;
      const next = new URL(answer.location, url);
      // The token must not leave an encrypted connection for one that isn't.
      if (url.startsWith("https:") && next.protocol !== "https:") break;
      url = next.href;
    }
    throw new FivefoldError("not-connected", `${what}: Pulsar sends the request round in circles, last to ${url}.`);
  }

  /** What a read found; undefined: nothing is there. */
  async function read<T>(path: string, what: string): Promise<T | undefined> {
    const { status, text } = await request("GET", path, what);
    if (status === 404) return undefined;
    if (status !== 200) throw refusal(what, status, reasonOf(text));
    return parse<T>(text, what);
  }

  /** Creates what may be there already. */
  async function create(path: string, what: string, body?: string, type?: string): Promise<void> {
    for (let tries = 1; ; tries++) {
      const { status, text } = await request("PUT", path, what, body, type);
      if (status < 300 || status === 409) return;
      if (status !== 412 || tries === BUSY_TRIES) throw refusal(what, status, reasonOf(text));
      await sleep(clock, BUSY_RETRY_MS);
    }
  }

  async function partitionsOf(topic: string): Promise<number | undefined> {
    const path = `/${encodeURIComponent(localName(topic))}/partitions?checkAllowAutoCreation=false`;
    return (await read<{ partitions: number }>(path, `Topic '${topic}' of ${namespace}`))?.partitions;
  }

  async function stateOf(topic: string): Promise<TopicState | undefined> {
    const path = `/${encodeURIComponent(localName(topic))}`;
    const what = `Topic '${topic}' of ${namespace}`;
    const partitions = await partitionsOf(topic);
    if (partitions === undefined) return undefined;
    const stats = await read<Stats>(
      partitions > 0
        ? `${path}/partitioned-stats?perPartition=false&getPreciseBacklog=true`
        : `${path}/stats?getPreciseBacklog=true`,
      what,
    );
    if (stats === undefined) return undefined;
    const { subscriptions: ofTopic = {}, backlogSize: size = 0, backlogQuotaLimitSize: limit = -1 } = stats;
    const subscriptions = Object.entries(ofTopic);
    return {
      partitions,
      backlogs: new Map(
        subscriptions.map(([name, { msgBacklog = 0, msgDelayed = 0 }]) => [name, Math.max(0, msgBacklog - msgDelayed)]),
      ),
      consumers: new Map(subscriptions.map(([name, { consumers = [] }]) => [name, consumers.length])),
      isFull: limit >= 0 && size >= limit,
    };
  }

  /** Local names of all topics, and of the partitions that some have. */
  async function listTopics(): Promise<Set<string>> {
    const what = `The topics of ${namespace}`;
    const [plain, partitioned] = await Promise.all([read<string[]>("", what), read<string[]>("/partitioned", what)]);
    const urls = [...(plain ?? []), ...(partitioned ?? [])];
    return new Set(urls.map((url) => url.slice(url.lastIndexOf("/") + 1)));
  }

  /** Names of a topic's subscriptions; undefined: it does not exist. */
  async function listSubscriptions(topic: string): Promise<ReadonlySet<string> | undefined> {
    const path = `/${encodeURIComponent(localName(topic))}`;
    try {
      const names = await read<string[]>(`${path}/subscriptions`, `Topic '${topic}' of ${namespace}`);
      return names && new Set(names);
    } catch (error) {
      unlessForbidden(error);
      // Whoever may only publish to a topic may not list its subscriptions, but its statistics, which cost the broker more.
      const state = await stateOf(topic);
      return state && new Set(state.backlogs.keys());
    }
  }

  /** Divided by tenants where it is to be fair, and by nothing where it is not: that is up to who deploys. */
  async function createTopic(name: string, fair: boolean): Promise<void> {
    const path = `/${encodeURIComponent(localName(name))}`;
    const what = `Creating topic '${name}' in ${namespace}`;
    if (!fair) return create(path, what);
    const metadata = { partitions: FAIR_PARTITIONS, properties: { [PARTITIONED_BY]: "tenant" } };
    await create(`${path}/partitions`, what, JSON.stringify(metadata), PARTITIONED_TOPIC_TYPE);
  }

  async function declareOne(
    { name, fair = false, subscriptions }: TopicDeclaration,
    there: Set<string> | undefined,
  ): Promise<void> {
    const path = `/${encodeURIComponent(localName(name))}`;
    const isThere = there ? there.has(localName(name)) : (await stateOf(name)) !== undefined;
    if (!isThere) await createTopic(name, fair);
    const found = isThere && subscriptions.length > 0 ? await listSubscriptions(name) : undefined;
    for (const subscription of subscriptions) {
      if (found?.has(subscription)) continue;
      await create(
        `${path}/subscription/${encodeURIComponent(subscription)}`,
        `Creating subscription '${subscription}' of topic '${name}' in ${namespace}`,
        JSON.stringify("earliest"),
      );
    }
  }

  function missing(topic: string, subscription?: string): FivefoldError {
    return new FivefoldError(
      "unknown-topic",
      subscription === undefined
        ? `Topic '${topic}' is unknown in ${namespace}: declare it, or deploy it, before using it.`
        : `Topic '${topic}' of ${namespace} has no subscription '${subscription}': declare it with its topic.`,
    );
  }

  return {
    stateOf,
    async topicNames() {
      // Partitions are listed besides the topic that they are of, and the broker keeps topics of its own there.
      const names = [...(await listTopics())].filter((name) => !/-partition-\d+$|^__/.test(name));
      return names.map(topicOfLocalName);
    },
    async removeSubscription(topic, subscription) {
      const what = `Removing subscription '${subscription}' of topic '${topic}' in ${namespace}`;
      const path = `/${encodeURIComponent(localName(topic))}/subscription/${encodeURIComponent(subscription)}`;
      const { status, text } = await request("DELETE", path, what);
      if (status === 412) throw consumed(topic, subscription);
      if (status >= 300 && status !== 404) throw refusal(what, status, reasonOf(text));
    },
    async unload(topic) {
      const name = localName(topic);
      const what = `Unloading topic '${topic}' of ${namespace}`;
      const { status, text } = await request("PUT", `/${encodeURIComponent(name)}/unload`, what);
      if (status >= 300) throw standsStill(`persistent://${namespace}/${name}`, refusal(what, status, reasonOf(text)));
    },
    async declare(topics) {
      // One question for all, where there are several; a namespace may hold thousands of others' topics.
      const there = topics.length > DECLARE_AT_ONCE ? await listTopics().catch(unlessForbidden) : undefined;
      for (let next = 0; next < topics.length; next += DECLARE_AT_ONCE) {
        const some = topics.slice(next, next + DECLARE_AT_ONCE);
        await Promise.all(some.map((topic) => declareOne(topic, there)));
      }
    },
    async requireTopic(topic, subscription) {
      const state = await stateOf(topic);
      if (!state) throw missing(topic);
      if (subscription !== undefined && !state.backlogs.has(subscription)) throw missing(topic, subscription);
      return state;
    },
    async whyNotStored(topic) {
      const state = await stateOf(topic);
      if (!state) return missing(topic);
      return state.isFull ? quotaUsedUp(`Publishing to topic '${topic}'`, "its statistics say so") : undefined;
    },
    async readPartitions(topic) {
      const partitions = await partitionsOf(topic);
      if (partitions === undefined) throw missing(topic);
      if (partitions === 0) return { partitions, keysByTenant: false };
      const what = `Topic '${topic}' of ${namespace}`;
      const { status, text } = await request("GET", `/${encodeURIComponent(localName(topic))}/properties`, what);
      if (status >= 300 && status !== 404) throw refusal(what, status, reasonOf(text));
      // A topic that has none is answered with nothing.
      const properties = status === 200 && text !== "" ? parse<Record<string, string>>(text, what) : {};
      return { partitions, keysByTenant: properties[PARTITIONED_BY] === "tenant" };
    },
    async countPartitions(topic, subscription) {
      const [partitions, names] = await Promise.all([partitionsOf(topic), listSubscriptions(topic)]);
      if (partitions === undefined || !names) throw missing(topic);
      if (!names.has(subscription)) throw missing(topic, subscription);
      return partitions;
    },
    async requireSubscription(topic, subscription) {
      const names = await listSubscriptions(topic);
      if (!names) throw missing(topic);
      if (!names.has(subscription)) throw missing(topic, subscription);
    },
    async findConsumer(topic, subscription, name) {
      const what = `Topic '${topic}' of ${namespace}`;
      const stats = await read<Stats>(`/${encodeURIComponent(localName(topic))}/stats?getPreciseBacklog=true`, what);
      if (!stats) throw missing(topic);
      const found = stats.subscriptions?.[subscription];
      if (!found) throw missing(topic, subscription);
      return stateOfConsumer(found, name);
    },
  };
}

/** A role may do without being let list. */
function unlessForbidden(error: unknown): undefined {
  if (!(error instanceof FivefoldError) || error.code !== "unauthorized") throw error;
}
