import type { Clock } from "../../contract/clock.ts";
import { FivefoldError } from "../../contract/errors.ts";

/** Where a Pulsar cluster is, and as whom to come. */
export interface PulsarSettings {
  /** The web service, which answers the admin REST API and WebSockets: `http://host:8080` or `https://host:8443`. */
  readonly webUrl: string;
  /** `tenant/namespace` of all topics. */
  readonly namespace: string;
  /** The token to come with; asked for at every connection and request, so that it may be renewed. Default: none. */
  readonly token?: (() => string | Promise<string>) | undefined;
  /** How long a first connection, and a publish, may take in ms before it rejects. Default 30,000. */
  readonly timeoutMs?: number | undefined;
  /**
   * How many messages Pulsar's client fetches for a consumer beyond what it asked for, 1 to 1,000: more is faster, and
   * keeps more from other consumers while this one is busy. Default 64.
   */
  readonly prefetch?: number | undefined;
  readonly clock: Clock;
}

export const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_PREFETCH = 64;

/**
 * What is left to Pulsar's own delayed delivery. It is meant for no more: a topic's start stays in storage behind each
 * message that waits, and brokers that keep long delays in buckets have skipped some.
 */
export const LONGEST_DELAY_MS = 30_000;

export function prefetchOf({ prefetch = DEFAULT_PREFETCH }: PulsarSettings): number {
  if (Number.isInteger(prefetch) && prefetch >= 1 && prefetch <= 1_000) return prefetch;
  throw new FivefoldError("invalid-option", `prefetch must be a whole number from 1 to 1,000, found ${prefetch}.`);
}

/** How a key chooses its partition: Pulsar's clients differ in their defaults, and a key must have one partition only. */
export const KEY_HASH = "Murmur3_32Hash";

/** Into how many partitions a topic is divided by its tenants. Those that share one share its turns. */
export const FAIR_PARTITIONS = 16;
/** A topic's property that says how its partitions were chosen from its first record on. */
export const PARTITIONED_BY = "fivefold-partitioned-by";

/** Refuses settings that no cluster can have, before anything connects. */
export function checkSettings({ webUrl, namespace }: Pick<PulsarSettings, "webUrl" | "namespace">): void {
  if (!URL.canParse(webUrl) || !/^https?:$/.test(new URL(webUrl).protocol)) {
    throw new FivefoldError(
      "invalid-option",
      `'${webUrl}' is not the URL of a Pulsar web service. Write it as http://host:8080 or https://host:8443.`,
    );
  }
  // Each part has a letter or digit, so that none is a step to another folder of the API.
  if (!/^[.:=-]*\w[\w.:=-]*\/[.:=-]*\w[\w.:=-]*$/.test(namespace)) {
    throw new FivefoldError(
      "invalid-option",
      `'${namespace}' is not a Pulsar namespace. Write it as tenant/namespace, like public/default.`,
    );
  }
}

/** The HTTP headers that a request comes with. */
export async function authorization(token: PulsarSettings["token"]): Promise<Record<string, string>> {
  if (!token) return {};
  const text = (await token()).trim();
  // A line end in the middle would be an invalid header, and its error would show the token.
  if (!/^[\x21-\x7e]+$/.test(text)) {
    throw new FivefoldError("unauthorized", "The Pulsar token is empty or has characters that no token has.");
  }
  return { authorization: `Bearer ${text}` };
}

/** A topic's local name in Pulsar: its own, with what Pulsar doesn't take percent-encoded. */
export function localName(topic: string): string {
  return encodeURIComponent(topic.toWellFormed());
}

/** The topic of a local name; what is encoded otherwise is another client's, and stays as it is. */
export function topicOfLocalName(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
