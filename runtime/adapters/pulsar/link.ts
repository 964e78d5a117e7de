import WebSocket from "ws";
import type { Clock } from "../../contract/clock.ts";
import type { FivefoldError } from "../../contract/errors.ts";
import { reasonOf } from "./admin-request.ts";
import { refusal, unreachable } from "./errors.ts";
import { createReconnection } from "./reconnection.ts";

const HANDSHAKE_TIMEOUT_MS = 8_000;
/** A connection that doesn't answer a ping within this time is dead, whatever the operating system believes. */
const PING_EVERY_MS = 10_000;
const CLOSE_TIMEOUT_MS = 2_000;

/** Where to connect, and with which headers. */
export interface Target {
  readonly url: string;
  readonly headers: Record<string, string>;
}

export interface LinkSettings {
  /** What the connection is for, for messages: `Publishing to topic 'orders'`. */
  readonly what: string;
  /** Checks what must be there, and says where to connect. Called anew for every attempt. */
  readonly target: () => Promise<Target>;
  readonly onOpen: (link: Link) => void;
  /** Told of each message. Where it throws, the connection is dropped. */
  readonly onText: (text: string) => void;
  /** Told each time that a connection ended, or couldn't be had, unless `close` was called. */
  readonly onDown: (error: FivefoldError) => void;
  /** A first connection that takes longer, with all retries, is given up. */
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** A WebSocket that comes back by itself. */
export interface Link {
  readonly isOpen: boolean;
  /** Why there is no connection; undefined while there is one. */
  readonly fault: FivefoldError | undefined;
  send(text: string): void;
  /** Whether the process must stay alive, though nothing else may keep it. */
  keepProcess(on: boolean): void;
  /** Ends the connection; a new one is made. */
  drop(reason: string): void;
  /** Ends it for good. */
  close(): Promise<void>;
}

/** What no waiting fixes, so that a first connection is given up at once. */
function isFinal({ code }: FivefoldError): boolean {
  return code === "unauthorized" || code === "unknown-topic";
}

/** Opens a link. Rejects where the first connection can't be had; later ones are tried until it is closed. */
export async function openLink(settings: LinkSettings): Promise<Link> {
  const { what, clock } = settings;
  /** Set while it is open. */
  let socket: WebSocket | undefined;
  let fault: FivefoldError | undefined;
  let dropped: string | undefined;
  let closed = false;
  const reconnection = createReconnection({
    attempt,
    faultOf: (error) => unreachable(what, "its web service", error),
    isFinal,
    onFailed(error) {
      // One that was open for a moment is down by its own event.
      if (!closed && !socket) down(unreachable(what, "its web service", error));
    },
    timeoutMs: settings.timeoutMs,
    clock,
  });

  async function attempt(): Promise<void> {
    const { url, headers } = await settings.target();
    if (!closed) await handshake(url, headers);
  }

  function handshake(url: string, headers: Record<string, string>): Promise<void> {
    const { origin } = new URL(url);
    const opening = new WebSocket(url, { headers, perMessageDeflate: false, handshakeTimeout: HANDSHAKE_TIMEOUT_MS });
    let problem: unknown;
    return new Promise((resolve, reject) => {
      // The process stays for what is asked of it, and not for an idle connection.
      opening.on("upgrade", (response) => response.socket.unref());
      opening.on("unexpected-response", (request, response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => {
          text += chunk;
        });
        response.on("close", () => {
          request.destroy();
          reject(refusal(what, response.statusCode ?? 0, reasonOf(text)));
        });
      });
      opening.on("open", () => {
        if (closed) return opening.terminate();
        socket = opening;
        reconnection.opened();
        fault = undefined;
        dropped = undefined;
        beat(opening, true);
        settings.onOpen(link);
        resolve();
      });
      opening.on("message", (data) => {
        if (!closed) take(String(data));
      });
      opening.on("error", (error) => {
        problem = error;
      });
      opening.on("close", (code, reason) => {
        const ended = `the connection ended (${dropped ?? (String(reason) || `code ${code}`)})`;
        const error = unreachable(what, origin, problem ?? new Error(ended));
        reject(error);
        if (socket !== opening) return;
        socket = undefined;
        if (!closed) down(error);
      });
    });
  }

  function take(text: string): void {
    try {
      settings.onText(text);
    } catch (error) {
      link.drop(`it sent what can't be read: ${error instanceof Error ? error.message : error}`);
    }
  }

  function beat(opened: WebSocket, answered: boolean): void {
    if (opened.readyState !== WebSocket.OPEN) return;
    if (!answered) {
      dropped = `no answer to a ping within ${PING_EVERY_MS / 1_000} s`;
      opened.terminate();
      return;
    }
    let pong = false;
    opened.once("pong", () => {
      pong = true;
    });
    opened.ping();
    clock.after(PING_EVERY_MS, () => beat(opened, pong), { background: true });
  }

  function down(error: FivefoldError): void {
    fault = error;
    settings.onDown(error);
    reconnection.again();
  }

  const link: Link = {
    get isOpen() {
      return socket !== undefined;
    },
    get fault() {
      return fault;
    },
    send: (text) => socket?.send(text),
    keepProcess: reconnection.keepProcess,
    drop(reason) {
      dropped = reason;
      socket?.terminate();
    },
    async close() {
      if (closed) return;
      closed = true;
      reconnection.stop();
      const closing = socket;
      if (closing) await closeSocket(closing, clock);
    },
  };
  await reconnection.openFirst();
  return link;
}

function closeSocket(socket: WebSocket, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(CLOSE_TIMEOUT_MS, () => socket.terminate());
    socket.on("close", () => {
      cancel();
      resolve();
    });
    socket.close(1_000);
  });
}
