import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Clock } from "../contract/clock.ts";
import type { TargetSettings, UseCaseSettings } from "../contract/contract.ts";
import { describeThrown } from "../contract/thrown.ts";
import type { ControlStore } from "../control/control-store.ts";
import {
  CALLBACK_PATH,
  CALLBACK_PREFIX,
  callbackId,
  MOST_CALLBACK_BYTES,
  readCallback,
} from "../task-http/callback.ts";
import { findForgery, type Secrets } from "../task-http/signature.ts";

export interface CallbackServerOptions {
  readonly store: ControlStore;
  readonly useCases: readonly UseCaseSettings[];
  /** Empty: the target's outcomes can't be told from others', and are not taken. */
  readonly secretsOf: (target: TargetSettings) => Secrets;
  /** 0: any that is free. */
  readonly port: number;
  /** Default: all addresses. */
  readonly host?: string | undefined;
  readonly clock: Clock;
}

export interface CallbackServer {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Takes the outcomes of tasks that were answered by 202, for whichever worker waits for them. Each is durable before it is
 * answered; the first one of a try counts.
 */
export async function startCallbackServer(options: CallbackServerOptions): Promise<CallbackServer> {
  const { store, clock } = options;
  /** Secrets by the beginning of an id: use case and subscriber. */
  const known = new Map<string, Secrets>();
  for (const { name, subscribers } of options.useCases) {
    for (const { name: subscriber, target } of subscribers) {
      const secrets = target ? options.secretsOf(target) : [];
      if (secrets.length > 0) known.set(`${name}/${subscriber}`, secrets);
    }
  }

  async function take(request: IncomingMessage): Promise<readonly [status: number, text: string]> {
    if (request.method !== "POST") return [405, "callbacks come by POST"];
    const body = await bodyOf(request);
    if (!body) return [413, `a callback has at most ${MOST_CALLBACK_BYTES} bytes`];
    const id = request.url?.startsWith(CALLBACK_PATH) ? request.url.slice(CALLBACK_PATH.length) : "";
    const [useCase = "", subscriber = "", task = "", attempt = "", ...more] = id.split("/").map(decoded);
    const secrets = known.get(`${useCase}/${subscriber}`);
    if (!secrets || more.length > 0 || !/^[1-9]\d{0,8}$/.test(attempt) || task === "") return [404, "no such task"];
    const header = (name: string) => String(request.headers[name] ?? "");
    const signed = {
      id: header("webhook-id"),
      timestamp: header("webhook-timestamp"),
      signature: header("webhook-signature"),
    };
    const forgery = findForgery(secrets, { ...signed, body }, clock.now());
    if (forgery) return [401, forgery];
    const own = callbackId(useCase, subscriber, task, Number(attempt));
    if (signed.id !== own) return [401, `the signature is of ${signed.id}, and this is ${own}`];
    let value: string;
    try {
      value = JSON.stringify({ at: clock.now(), outcome: readCallback(body) });
    } catch (error) {
      return [400, describeThrown(error)];
    }
    // One that is there already was the first: this one is heard, and changes nothing.
    await store.put(CALLBACK_PREFIX + own, value, 0);
    return [204, ""];
  }

  const server = createServer((request, response) => {
    request.on("error", () => response.destroy());
    take(request).then(
      ([status, text]) => response.writeHead(status).end(status === 204 ? undefined : text),
      // It is sent again: nothing is known to be stored.
      (error: unknown) => response.writeHead(503, { "retry-after": "1" }).end(describeThrown(error)),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return "";
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += (chunk as Buffer).length;
    if (length > MOST_CALLBACK_BYTES) return undefined;
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}
