import type { Clock } from "../../clock.ts";
import { FivefoldError } from "../../errors.ts";
import type { TopicDeclaration } from "../transport.ts";
import { refusal, unreachable } from "./errors.ts";
import { authorization, localName, type PulsarSettings } from "./settings.ts";

const REQUEST_TIMEOUT_MS = 30_000;
/** Topics that are declared at once. */
const DECLARE_AT_ONCE = 8;
/** A request is passed on to the broker that owns the topic; more hops than this are a loop. */
const MAX_HOPS = 5;

/** What a topic is like in Pulsar. */
export interface TopicState {
  /** 0: not partitioned. */
  readonly partitions: number;
  /** Unacknowledged entries of each subscription, without those that are held back until later. */
  readonly backlogs: ReadonlyMap<string, number>;
  /** Names of the consumers of each subscription, on all of its partitions. */
  readonly consumers: ReadonlyMap<string, readonly string[]>;
}

export interface Admin {
  /** Creates missing topics, not partitioned, and missing subscriptions at the topic's start. */
  declare(topics: readonly TopicDeclaration[]): Promise<void>;
  /** Throws `unknown-topic` where topic or subscription are missing. */
  requireTopic(topic: string, subscription?: string): Promise<TopicState>;
}

interface Stats {
  readonly subscriptions?: Record<
    string,
    { msgBacklog?: number; msgDelayed?: number; consumers?: { consumerName?: string }[] }
  >;
  /** The same of each partition, where a topic has some. */
  readonly partitions?: Record<string, Stats>;
}

/**
 * Names of a subscription's consumers. One that has lost a partition only, as when the topic was made anew under it, is
 * none: what is published there would not reach it.
 */
function consumersOf({ subscriptions, partitions }: Stats, subscription: string): string[] {
  const parts = Object.values(partitions ?? {});
  if (parts.length === 0) return (subscriptions?.[subscription]?.consumers ?? []).map((one) => one.consumerName ?? "");
  const [first, ...others] = parts.map((part) => consumersOf(part, subscription));
  return first!.filter((name) => others.every((names) => names.includes(name)));
}

/** The part of Pulsar's admin REST API that a transport needs. */
export function createAdmin({ webUrl, namespace, token, clock }: PulsarSettings): Admin {
  const base = `${webUrl.replace(/\/+$/, "")}/admin/v2/persistent/${namespace}`;

  async function request(method: string, path: string, what: string, body?: string): Promise<Answer> {
    let url = base + path;
    for (let hop = 0; hop < MAX_HOPS; hop++) {
      const answer = await send({ method, url, headers: await authorization(token), body, what, clock });
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
  async function create(path: string, what: string, body?: string): Promise<void> {
    const { status, text } = await request("PUT", path, what, body);
    if (status < 300 || status === 409) return;
    throw refusal(what, status, reasonOf(text));
  }

  async function stateOf(topic: string): Promise<TopicState | undefined> {
    const path = `/${encodeURIComponent(localName(topic))}`;
    const what = `Topic '${topic}' of ${namespace}`;
    const metadata = await read<{ partitions: number }>(`${path}/partitions?checkAllowAutoCreation=false`, what);
    if (metadata === undefined) return undefined;
    const { partitions } = metadata;
    const stats = await read<Stats>(
      partitions > 0
        ? `${path}/partitioned-stats?perPartition=true&getPreciseBacklog=true`
        : `${path}/stats?getPreciseBacklog=true`,
      what,
    );
    if (stats === undefined) return undefined;
    const subscriptions = Object.entries(stats.subscriptions ?? {});
    return {
      partitions,
      backlogs: new Map(
        subscriptions.map(([name, { msgBacklog = 0, msgDelayed = 0 }]) => [name, Math.max(0, msgBacklog - msgDelayed)]),
      ),
      consumers: new Map(subscriptions.map(([name]) => [name, consumersOf(stats, name)])),
    };
  }

  async function declareOne({ name, subscriptions }: TopicDeclaration): Promise<void> {
    const path = `/${encodeURIComponent(localName(name))}`;
    let state = await stateOf(name);
    if (!state) {
      await create(path, `Creating topic '${name}' in ${namespace}`);
      state = await stateOf(name);
    }
    for (const subscription of subscriptions) {
      if (state?.backlogs.has(subscription)) continue;
      await create(
        `${path}/subscription/${encodeURIComponent(subscription)}`,
        `Creating subscription '${subscription}' of topic '${name}' in ${namespace}`,
        JSON.stringify("earliest"),
      );
    }
  }

  return {
    async declare(topics) {
      for (let next = 0; next < topics.length; next += DECLARE_AT_ONCE) {
        await Promise.all(topics.slice(next, next + DECLARE_AT_ONCE).map(declareOne));
      }
    },
    async requireTopic(topic, subscription) {
      const state = await stateOf(topic);
      if (!state) {
        throw new FivefoldError(
          "unknown-topic",
          `Topic '${topic}' is unknown in ${namespace}: declare it, or deploy it, before using it.`,
        );
      }
      if (subscription !== undefined && !state.backlogs.has(subscription)) {
        throw new FivefoldError(
          "unknown-topic",
          `Topic '${topic}' of ${namespace} has no subscription '${subscription}': declare it with its topic.`,
        );
      }
      return state;
    },
  };
}

interface Answer {
  readonly status: number;
  readonly text: string;
  /** Where the broker is that can answer. */
  readonly location: string | undefined;
}

async function send(request: {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: string | undefined;
  readonly what: string;
  readonly clock: Clock;
}): Promise<Answer> {
  const { method, url, headers, body, what, clock } = request;
  const controller = new AbortController();
  const cancel = clock.after(REQUEST_TIMEOUT_MS, () =>
    controller.abort(new Error(`no answer within ${REQUEST_TIMEOUT_MS / 1_000} s`)),
  );
  try {
    const response = await fetch(url, {
      method,
      headers: body === undefined ? headers : { ...headers, "content-type": "application/json" },
      body: body ?? null,
      signal: controller.signal,
      // Followed by hand: fetch would leave the token behind.
      redirect: "manual",
    });
    const text = await response.text();
    const isMoved = response.status === 307 || response.status === 302;
    const location = isMoved ? (response.headers.get("location") ?? undefined) : undefined;
    return { status: response.status, text, location };
  } catch (error) {
    throw unreachable(what, new URL(url).origin, error);
  } finally {
    cancel();
  }
}

function parse<T>(text: string, what: string): T {
  try {
    return JSON.parse(text) as T;
  } catch (error) {
    const found = text.slice(0, 80);
    throw new FivefoldError("not-connected", `${what}: this is not a Pulsar web service; it answered '${found}'.`, {
      cause: error,
    });
  }
}

/** The broker's own words: JSON with a reason, or a page of HTML with them in its title. */
export function reasonOf(text: string): string {
  const json = /"reason"\s*:\s*("(?:[^"\\]|\\.)*")/.exec(text)?.[1];
  if (json !== undefined) return String(JSON.parse(json)).trim();
  const title = /<title>(?:Error \d+ )?([^<]*)<\/title>/.exec(text)?.[1] ?? text;
  const words = title
    .replaceAll("&quot;", '"')
    .replaceAll("&apos;", "'")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");
  // Pulsar wraps the words with ids and addresses of its own.
  return (/"errorMsg"\s*:\s*"((?:[^"\\]|\\.)+)"/.exec(words)?.[1] ?? words).trim().slice(0, 300);
}
