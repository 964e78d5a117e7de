import { connect, isIPv6 } from "node:net";
import { type Dispatcher, Pool } from "undici";
import type { Host } from "./host.ts";

/** Most bytes of an answer's body that are read; connections that have more are closed. */
const MOST_BODY_BYTES = 64 * 1024;
/** How long a connection may take. */
const CONNECT_MS = 3_000;

export interface HttpRequest {
  readonly path: string;
  /** Names and values in turn. */
  readonly headers: string[];
  readonly body: Uint8Array;
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** A request on its way. Its methods are called one after another, and none after `answered` or `failed`. */
export abstract class Exchange implements Dispatcher.DispatchHandler {
  #controller: Dispatcher.DispatchController | undefined;
  #over = false;
  #status = 0;
  #headers: Headers = {};
  #body: Buffer[] = [];
  #bytes = 0;

  /** Told of the whole answer, or of its beginning where its body is longer than anybody wants to read. */
  protected abstract answered(status: number, headers: Headers, body: Buffer): void;
  /** Told that there is no answer. `sent`: whether any of the request may have reached the host. */
  protected abstract failed(error: Error, sent: boolean): void;

  /** Ends it without an answer; nothing is called any more. */
  abort(): void {
    if (this.#over) return;
    this.#over = true;
    this.#controller?.abort(new Error("it is not awaited any more"));
  }

  /** Ends it by what has come of its answer. False where that is not enough. */
  protected endEarly(): boolean {
    if (this.#over || this.#status < 200 || this.needsBody) return false;
    this.#end(Buffer.concat(this.#body));
    this.#controller?.abort(new Error("it is not awaited any more"));
    return true;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#over) controller.abort(new Error("it is not awaited any more"));
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: Headers): void {
    // What a 1xx says is not the answer.
    if (status < 200) return;
    this.#status = status;
    this.#headers = headers;
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#over) return;
    this.#bytes += chunk.length;
    this.#body.push(chunk);
    if (this.#bytes <= this.mostBytes) return;
    this.#end(Buffer.concat(this.#body).subarray(0, this.mostBytes));
    this.#controller?.abort(new Error("its answer is too long"));
  }

  onResponseEnd(): void {
    this.#end(this.#body.length === 1 ? this.#body[0]! : Buffer.concat(this.#body));
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    if (this.#over) return;
    // A status is an answer, whatever becomes of the text behind it.
    if (this.#status >= 200 && !this.needsBody) {
      this.#end(Buffer.concat(this.#body));
      return;
    }
    this.#over = true;
    this.failed(error, this.#controller !== undefined);
  }

  /** Whether an answer that is cut off is none. */
  protected get needsBody(): boolean {
    return false;
  }

  protected get mostBytes(): number {
    return MOST_BODY_BYTES;
  }

  #end(body: Buffer): void {
    if (this.#over) return;
    this.#over = true;
    this.answered(this.#status, this.#headers, body);
  }
}

/** Sends requests to hosts, over connections that stay open. The only file that knows the HTTP library. */
export interface HttpClient {
  /** Throws on what can't be sent at all. */
  send(host: Host, request: HttpRequest, exchange: Exchange): void;
  /** Whether a connection to it can be made. */
  connects(host: Host): Promise<boolean>;
  /** The status of a GET; `undefined`: there was no answer in that time. */
  probe(host: Host, path: string, timeoutMs: number): Promise<number | undefined>;
  /** Closes what is open to a host. */
  forget(host: Host): void;
  close(): Promise<void>;
}

export function createHttpClient(): HttpClient {
  const pools = new Map<Host, Pool>();

  function poolOf(host: Host): Pool {
    let pool = pools.get(host);
    if (!pool) {
      pool = openPool(host);
      pools.set(host, pool);
    }
    return pool;
  }

  return {
    send(host, { path, headers, body }, exchange) {
      poolOf(host).dispatch({ path, method: "POST", headers, body, headersTimeout: 0, bodyTimeout: 0 }, exchange);
    },
    connects: ({ address, port }) =>
      new Promise((resolve) => {
        const socket = connect({ host: address, port, timeout: CONNECT_MS });
        const end = (isOpen: boolean) => {
          socket.destroy();
          resolve(isOpen);
        };
        socket.once("connect", () => end(true));
        socket.once("timeout", () => end(false));
        socket.once("error", () => end(false));
      }),
    async probe(host, path, timeoutMs) {
      try {
        const times = { headersTimeout: timeoutMs, bodyTimeout: timeoutMs };
        const { statusCode, body } = await poolOf(host).request({ path, method: "GET", ...times });
        await body.dump({ limit: MOST_BODY_BYTES });
        return statusCode;
      } catch {
        return undefined;
      }
    },
    forget(host) {
      const pool = pools.get(host);
      pools.delete(host);
      void pool?.close().catch(() => {});
    },
    async close() {
      const open = [...pools.values()];
      pools.clear();
      await Promise.all(open.map((pool) => pool.destroy().catch(() => {})));
    },
  };
}

/** Connections go to the address that was checked, whatever its name resolves to by then. */
function openPool({ origin, address }: Host): Pool {
  const family = isIPv6(address) ? 6 : 4;
  return new Pool(origin, {
    pipelining: 1,
    connect: {
      timeout: CONNECT_MS,
      lookup(_, options, found) {
        if (options.all) found(null, [{ address, family }]);
        else found(null, address, family);
      },
    },
  });
}
