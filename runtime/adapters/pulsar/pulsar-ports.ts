import { readFile } from "node:fs/promises";
import { systemClock } from "../../contract/clock.ts";
import { FivefoldError } from "../../contract/errors.ts";
import { countCrashesHere, type OpenCrashStore } from "../../crashes/machine-counts.ts";
import type { Ports } from "../../ports/ports.ts";
import { createFailoverTransport } from "./failover.ts";
import { openPulsarTransport } from "./pulsar.ts";
import { createPulsarBinaryTransport } from "./pulsar-binary.ts";
import { createPulsarWebSocketTransport } from "./pulsar-websocket.ts";

/** How long a call waits for a cluster that another may stand in for. */
const FAILOVER_TIMEOUT_MS = 10_000;

export type PulsarClient = "fivefold" | "libpulsar";

/** How a process reaches Pulsar. */
export interface PulsarOptions {
  /**
   * `pulsar://host:6650` or `pulsar+ssl://host:6651` for the broker service. `http://host:8080` or `https://host:8443` for
   * the web service, by Pulsar's WebSocket API. Several clusters, separated by commas, stand in for one another, the first preferred. Default: the environment's
   * FIVEFOLD_PULSAR_URL.
   */
  readonly url?: string | undefined;
  /**
   * The web service, where `url` is a broker service; as many, separated by commas, in the same order. Default: the
   * environment's FIVEFOLD_PULSAR_ADMIN_URL.
   */
  readonly adminUrl?: string | undefined;
  /**
   * Who speaks with a broker service: `fivefold` itself, or `libpulsar`, by the npm package pulsar-client with its native
   * part. Default: the environment's FIVEFOLD_PULSAR_CLIENT, else `fivefold`.
   */
  readonly client?: PulsarClient | undefined;
  /** `tenant/namespace`. Default: the environment's FIVEFOLD_PULSAR_NAMESPACE, else `public/default`. */
  readonly namespace?: string | undefined;
  /**
   * A file that holds the token to come with, read again at every connection, so that it may be renewed. Default: the
   * environment's FIVEFOLD_PULSAR_TOKEN_FILE; without one, the process comes as nobody.
   */
  readonly tokenFile?: string | undefined;
  /**
   * How many messages libpulsar or the web service fetches for a consumer beyond what it asked for, 1 to 1,000. Default 64.
   */
  readonly prefetch?: number | undefined;
}

async function readToken(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new FivefoldError(
      "unauthorized",
      `The Pulsar token can't be read from '${file}' (${error instanceof Error ? error.message : error}). Mount the ` +
        "secret there, or name another file in FIVEFOLD_PULSAR_TOKEN_FILE.",
      { cause: error },
    );
  }
}

/** One cluster's URLs. `webUrl` is missing where the service is the web service itself. */
interface ClusterUrls {
  readonly serviceUrl: string;
  readonly webUrl: string | undefined;
}

function clustersOf(options: PulsarOptions): ClusterUrls[] {
  const { FIVEFOLD_PULSAR_URL, FIVEFOLD_PULSAR_ADMIN_URL } = process.env;
  const serviceUrls = listed(options.url ?? FIVEFOLD_PULSAR_URL);
  const webUrls = listed(options.adminUrl ?? FIVEFOLD_PULSAR_ADMIN_URL);
  if (serviceUrls.length === 0) {
    throw new FivefoldError(
      "invalid-option",
      "No URL of Pulsar: set FIVEFOLD_PULSAR_URL, or call connect({ pulsar: { url } }).",
    );
  }
  return serviceUrls.map((serviceUrl, index) => {
    if (isWebUrl(serviceUrl)) return { serviceUrl, webUrl: undefined };
    const webUrl = webUrls[index];
    if (webUrl && webUrls.length === serviceUrls.length) return { serviceUrl, webUrl };
    throw new FivefoldError(
      "invalid-option",
      `'${serviceUrl}' is a broker service; topics are looked after through the web service. Set its URL too, as ` +
        "FIVEFOLD_PULSAR_ADMIN_URL or connect({ pulsar: { adminUrl } }): http://host:8080 or https://host:8443, and for " +
        "several clusters as many, in the same order.",
    );
  });
}

function listed(urls = ""): string[] {
  return urls
    .split(",")
    .map((url) => url.trim())
    .filter((url) => url !== "");
}

function isWebUrl(url: string): boolean {
  return /^https?:/.test(url);
}

function clientOf(options: PulsarOptions): PulsarClient {
  const name = options.client ?? process.env.FIVEFOLD_PULSAR_CLIENT ?? "fivefold";
  if (name === "fivefold" || name === "libpulsar") return name;
  throw new FivefoldError(
    "invalid-option",
    `'${name}' is no client of Pulsar: set FIVEFOLD_PULSAR_CLIENT, or connect({ pulsar: { client } }), to fivefold or libpulsar.`,
  );
}

/** Opens Pulsar as a transport. What is left out comes from the environment. */
async function openPulsar(options: PulsarOptions = {}): Promise<Ports["transport"]> {
  const { env } = process;
  const clusters = clustersOf(options);
  const openBrokers = clientOf(options) === "libpulsar" ? openPulsarTransport : createPulsarBinaryTransport;
  const tokenFile = options.tokenFile ?? env.FIVEFOLD_PULSAR_TOKEN_FILE;
  const settings = {
    namespace: options.namespace ?? env.FIVEFOLD_PULSAR_NAMESPACE ?? "public/default",
    token: tokenFile ? () => readToken(tokenFile) : undefined,
    prefetch: options.prefetch,
    // Fetch takes them by itself, and adds them to those that Node trusts; a broker service is trusted by these alone.
    trustCertsFile: env.NODE_EXTRA_CA_CERTS,
    timeoutMs: clusters.length > 1 ? FAILOVER_TIMEOUT_MS : undefined,
    clock: systemClock,
  };
  const transports: Ports["transport"][] = [];
  for (const { serviceUrl, webUrl } of clusters) {
    transports.push(
      webUrl === undefined
        ? createPulsarWebSocketTransport({ ...settings, webUrl: serviceUrl })
        : await openBrokers({ ...settings, serviceUrl, webUrl }),
    );
  }
  const [only] = transports;
  return only && transports.length === 1 ? only : createFailoverTransport({ clusters: transports, clock: systemClock });
}

/** As `openPulsar`, with counts of crashes, which Pulsar keeps none of. `stores` tells clusters of one machine apart. */
export async function openCountingPulsar(
  options: PulsarOptions | undefined,
  openStore: OpenCrashStore,
  stores: string,
): Promise<Ports["transport"]> {
  const { FIVEFOLD_PULSAR_URL, FIVEFOLD_PULSAR_NAMESPACE, FIVEFOLD_POSTGRES_URL, FIVEFOLD_DATA } = process.env;
  const cluster = [stores, FIVEFOLD_PULSAR_URL, FIVEFOLD_PULSAR_NAMESPACE, FIVEFOLD_POSTGRES_URL, FIVEFOLD_DATA];
  return countCrashesHere(await openPulsar(options), openStore, cluster);
}
