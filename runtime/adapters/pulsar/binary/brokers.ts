import type { Clock } from "../../../contract/clock.ts";
import { FivefoldError } from "../../../contract/errors.ts";
import { about, unreachable } from "../errors.ts";
import type { Command, CommandValues } from "./commands.ts";
import { type BrokerConnection, openConnection } from "./connection.ts";
import { serverError } from "./server-errors.ts";

/** A topic is passed on to the broker that serves it; more hops than this are a loop. */
const MAX_HOPS = 20;
/** CommandLookupTopicResponse's answers. */
const REDIRECT = 0;
const CONNECT = 1;

/**
 * What a connection is for. A broker that holds back producers reads no more of their connection: what is consumed comes
 * by another.
 */
export type Purpose = "produce" | "consume";

/** A broker that slows producers down reads no pings meanwhile. */
const MISSED_PINGS: Readonly<Record<Purpose, number>> = { produce: 3, consume: 1 };

export interface BrokersSettings {
  /** `pulsar://host:port` or `pulsar+ssl://host:port`: a broker, or what stands before all of them. */
  readonly serviceUrl: string;
  readonly token: (() => string | Promise<string>) | undefined;
  readonly trustCertsFile: string | undefined;
  readonly requestTimeoutMs: number;
  readonly clock: Clock;
}

/** Connections to the brokers of a cluster, one a purpose to each of them. */
export interface Brokers {
  /** A connection to the broker that serves a topic now. `topic` is `persistent://tenant/namespace/name`. */
  find(what: string, topic: string, purpose: Purpose): Promise<BrokerConnection>;
  close(): void;
}

export function createBrokers(settings: BrokersSettings): Brokers {
  const { serviceUrl } = settings;
  const isSecure = serviceUrl.startsWith("pulsar+ssl:");
  const connections = new Map<string, Promise<BrokerConnection>>();
  let closed = false;

  async function connect(
    what: string,
    { url, proxyTo }: { url: string; proxyTo: string | undefined },
    purpose: Purpose,
  ): Promise<BrokerConnection> {
    const name = `${purpose} ${url} ${proxyTo ?? ""}`;
    for (;;) {
      const known = connections.get(name);
      const opening = known ?? openConnection({ ...settings, url, proxyTo, missedPings: MISSED_PINGS[purpose] });
      if (!known) connections.set(name, opening);
      try {
        const connection = await opening;
        if (closed) connection.close();
        // What others opened may have ended since.
        if (connection.isOpen || !known) return connection;
      } catch (error) {
        if (connections.get(name) === opening) connections.delete(name);
        throw about(what, unreachable(what, url, error));
      }
      if (connections.get(name) === opening) connections.delete(name);
    }
  }

  /** Where the broker is that an answer names. */
  function placeIn(what: string, { url, urlTls, throughServiceUrl }: CommandValues<"lookupResponse">) {
    const broker = isSecure ? urlTls : url;
    if (broker && URL.canParse(broker) && broker.startsWith(isSecure ? "pulsar+ssl:" : "pulsar:")) {
      return throughServiceUrl
        ? { url: serviceUrl, proxyTo: new URL(broker).host }
        : { url: broker, proxyTo: undefined };
    }
    const found = broker ? `'${broker}'` : "nothing";
    // The token must not leave an encrypted connection for one that isn't.
    const kind = isSecure ? "an encrypted address (pulsar+ssl://)" : "an address (pulsar://)";
    throw new FivefoldError(
      "not-connected",
      `${what}: the cluster names ${found} as its broker, and ${kind} is needed. Let brokers advertise one, or use the other kind of URL.`,
    );
  }

  return {
    async find(what, topic, purpose) {
      let at: { url: string; proxyTo: string | undefined } = { url: serviceUrl, proxyTo: undefined };
      let authoritative = false;
      for (let hop = 0; hop < MAX_HOPS; hop++) {
        if (closed) throw new FivefoldError("closed", `${what}: the transport is closed.`);
        const connection = await connect(what, at, purpose);
        const answer: Command = await connection.request(what, "lookup", { topic, authoritative });
        if (answer.name !== "lookupResponse")
          throw new FivefoldError("not-connected", `${what}: no answer to a lookup.`);
        if (answer.response !== REDIRECT && answer.response !== CONNECT) {
          throw serverError(what, answer.error, answer.message);
        }
        at = placeIn(what, answer);
        authoritative = answer.authoritative ?? false;
        if (answer.response === CONNECT) return connect(what, at, purpose);
      }
      throw new FivefoldError("not-connected", `${what}: Pulsar sends it round in circles, last to ${at.url}.`);
    },
    close() {
      closed = true;
      for (const opening of connections.values()) opening.then((connection) => connection.close()).catch(() => {});
    },
  };
}
