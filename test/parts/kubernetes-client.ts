import type { IncomingHttpHeaders } from "node:http";
import { type RequestOptions, request as requestHttps } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { KubeConfig } from "@kubernetes/client-node";

const REQUEST_TIMEOUT_MS = 30_000;
const DELETED_WITHIN_MS = 120_000;
const DELETED_POLL_MS = 200;

/** An object as the API server takes it, in JSON. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

export type KubernetesReference = Pick<KubernetesObject, "apiVersion" | "kind" | "metadata">;

/** What the API server answered in place of the object. */
export class KubernetesError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = "KubernetesError";
    this.status = status;
  }
}

export interface KubernetesClient {
  /**
   * Creates or changes an object by server-side apply. Unknown and repeated fields are refused, not dropped. `warnings`
   * are the server's, such as those of pod security.
   */
  apply(object: KubernetesObject, options?: ApplyOptions): Promise<Applied>;
  /** Resolves with `undefined` where there is none. */
  read(reference: KubernetesReference): Promise<KubernetesObject | undefined>;
  /** Resolves once it is gone, with all that it owns left to the garbage collector. */
  delete(reference: KubernetesReference): Promise<void>;
  list(apiVersion: string, kind: string, namespace?: string): Promise<KubernetesObject[]>;
  /** A request of its own, such as `GET /readyz`. Another status than 2xx is a `KubernetesError`. */
  request(method: string, path: string, body?: unknown): Promise<unknown>;
}

export interface ApplyOptions {
  readonly dryRun?: boolean;
  /** Who owns the fields. Default `fivefold-test`. */
  readonly manager?: string;
  /** Whether fields that others own are taken over; else they are a conflict. Default `true`. */
  readonly force?: boolean;
}

export interface Applied {
  readonly object: KubernetesObject;
  readonly warnings: readonly string[];
}

interface Resource {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

/**
 * Talks to an API server in plain JSON. The generated classes of Kubernetes' own client drop fields that they don't
 * know before they send them, so that the server could not refuse them.
 */
export function createKubernetesClient(kubeconfigPath: string): KubernetesClient {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfigPath);
  const server = config.getCurrentCluster()?.server;
  if (!server) throw new Error(`${kubeconfigPath} names no current cluster`);

  const send = async (method: string, path: string, body?: unknown, contentType = "application/json") => {
    const options: RequestOptions = {
      method,
      headers: body === undefined ? {} : { "content-type": contentType },
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    };
    await config.applyToHTTPSOptions(options);
    const answer = await exchange(new URL(path, server), options, body);
    if (answer.status >= 200 && answer.status < 300) return answer;
    throw new KubernetesError(answer.status, errorMessage(answer.text) ?? `${method} ${path}: ${answer.status}`);
  };

  const pathOf = async (apiVersion: string, kind: string, namespace?: string): Promise<string> => {
    const root = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const { resources } = JSON.parse((await send("GET", root)).text) as { resources: Resource[] };
    // A status or scale is listed as a resource of its own, below the one that it belongs to.
    const resource = resources.find(({ kind: served, name }) => served === kind && !name.includes("/"));
    if (!resource) throw new KubernetesError(404, `the server knows no ${kind} of ${apiVersion}`);
    if (!resource.namespaced) return `${root}/${resource.name}`;
    return `${root}/namespaces/${namespace ?? "default"}/${resource.name}`;
  };
  const objectPath = async ({ apiVersion, kind, metadata }: KubernetesReference) =>
    `${await pathOf(apiVersion, kind, metadata.namespace)}/${metadata.name}`;

  const client: KubernetesClient = {
    async apply(object, { dryRun = false, manager = "fivefold-test", force = true } = {}) {
      const query = `fieldManager=${manager}&force=${force}&fieldValidation=Strict${dryRun ? "&dryRun=All" : ""}`;
      const path = `${await objectPath(object)}?${query}`;
      const { text, headers } = await send("PATCH", path, object, "application/apply-patch+yaml");
      return { object: JSON.parse(text), warnings: warningsOf(headers) };
    },
    async read(reference) {
      try {
        return JSON.parse((await send("GET", await objectPath(reference))).text);
      } catch (error) {
        if (error instanceof KubernetesError && error.status === 404) return undefined;
        throw error;
      }
    },
    async delete(reference) {
      if (!(await client.read(reference))) return;
      const path = await objectPath(reference);
      await send("DELETE", path, { kind: "DeleteOptions", apiVersion: "v1", propagationPolicy: "Background" });
      const deadline = Date.now() + DELETED_WITHIN_MS;
      while (await client.read(reference)) {
        if (Date.now() > deadline) throw new Error(`${path} is still there ${DELETED_WITHIN_MS} ms after its deletion`);
        await sleep(DELETED_POLL_MS);
      }
    },
    async list(apiVersion, kind, namespace) {
      const { items } = JSON.parse((await send("GET", await pathOf(apiVersion, kind, namespace))).text);
      return items;
    },
    async request(method, path, body) {
      const { text } = await send(method, path, body);
      return text.startsWith("{") ? JSON.parse(text) : text;
    },
  };
  return client;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

function exchange(url: URL, options: RequestOptions, body: unknown): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = requestHttps(url, options, async (response) => {
      try {
        const chunks = await response.toArray();
        const text = Buffer.concat(chunks).toString("utf8");
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
      } catch (error) {
        reject(error);
      }
    });
    request.on("error", reject);
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** `299 - "text"`, several joined by commas, with quotes inside escaped. */
function warningsOf(headers: IncomingHttpHeaders): string[] {
  const values = ([headers.warning ?? []].flat() as string[]).join(", ");
  return Array.from(values.matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g), ([, text]) => (text ?? "").replaceAll('\\"', '"'));
}

function errorMessage(text: string): string | undefined {
  try {
    return (JSON.parse(text) as { message?: string }).message;
  } catch {
    return text || undefined;
  }
}
