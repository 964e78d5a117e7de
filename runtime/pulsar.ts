import { readFile } from "node:fs/promises";
import { systemClock } from "./clock.ts";
import { FivefoldError } from "./errors.ts";
import type { Ports } from "./pipeline.ts";
import { openPulsarTransport } from "./transport/pulsar.ts";
import { createPulsarWebSocketTransport } from "./transport/pulsar-websocket.ts";

/** How a process reaches Pulsar. */
export interface PulsarOptions {
  /**
   * `pulsar://host:6650` or `pulsar+ssl://host:6651` for the broker service, by the npm package pulsar-client; several
   * clusters, separated by commas, stand in for one another in that order. `http://host:8080` or `https://host:8443` for
   * the web service, by Pulsar's WebSocket API, which needs no native part. Default: the environment's FIVEFOLD_PULSAR_URL.
   */
  readonly url?: string | undefined;
  /** The web service, where `url` is a broker service. Default: the environment's FIVEFOLD_PULSAR_ADMIN_URL. */
  readonly adminUrl?: string | undefined;
  /** `tenant/namespace`. Default: the environment's FIVEFOLD_PULSAR_NAMESPACE, else `public/default`. */
  readonly namespace?: string | undefined;
  /**
   * A file that holds the token to come with, read again at every connection, so that it may be renewed. Default: the
   * environment's FIVEFOLD_PULSAR_TOKEN_FILE; without one, the process comes as nobody.
   */
  readonly tokenFile?: string | undefined;
  /** How many messages Pulsar's client fetches for a consumer beyond what it asked for, 1 to 1,000. Default 64. */
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

/** Opens Pulsar as a transport. What is left out comes from the environment. */
export async function openPulsar(options: PulsarOptions = {}): Promise<Ports["transport"]> {
  const { env } = process;
  const [serviceUrl, ...failoverUrls] = (options.url ?? env.FIVEFOLD_PULSAR_URL ?? "")
    .split(",")
    .map((url) => url.trim());
  if (!serviceUrl) {
    throw new FivefoldError(
      "invalid-option",
      "No URL of Pulsar: set FIVEFOLD_PULSAR_URL, or call connect({ pulsar: { url } }).",
    );
  }
  const tokenFile = options.tokenFile ?? env.FIVEFOLD_PULSAR_TOKEN_FILE;
  const settings = {
    namespace: options.namespace ?? env.FIVEFOLD_PULSAR_NAMESPACE ?? "public/default",
    token: tokenFile ? () => readToken(tokenFile) : undefined,
    prefetch: options.prefetch,
    clock: systemClock,
  };
  if (/^https?:/.test(serviceUrl)) return createPulsarWebSocketTransport({ ...settings, webUrl: serviceUrl });
  const webUrl = options.adminUrl ?? env.FIVEFOLD_PULSAR_ADMIN_URL;
  if (!webUrl) {
    throw new FivefoldError(
      "invalid-option",
      `'${serviceUrl}' is a broker service; topics are looked after through the web service. Set its URL too, as ` +
        "FIVEFOLD_PULSAR_ADMIN_URL or connect({ pulsar: { adminUrl } }): http://host:8080 or https://host:8443.",
    );
  }
  // Node reads it by itself; libpulsar has to be told.
  const trustCertsFile = env.NODE_EXTRA_CA_CERTS;
  return openPulsarTransport({ ...settings, serviceUrl, failoverUrls, webUrl, trustCertsFile });
}
