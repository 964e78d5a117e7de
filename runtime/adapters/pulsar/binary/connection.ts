import type { Socket } from "node:net";
import type { Cancel, Clock } from "../../../contract/clock.ts";
import { FivefoldError } from "../../../contract/errors.ts";
import { unreachable } from "../errors.ts";
import { type Command, type CommandName, type CommandValues, decodeCommand, encodeCommand } from "./commands.ts";
import type { Endpoint } from "./endpoint.ts";
import { createFrameReader, frameOf, headOf, openFrame } from "./frames.ts";
import { createRequests } from "./requests.ts";
import { serverError } from "./server-errors.ts";
import { openSocket } from "./socket.ts";

/** What a broker is told of this client. */
const CLIENT_VERSION = "fivefold";
/** The version of the protocol that this is written to: Pulsar 3.0's, which acknowledges acknowledgements. */
const PROTOCOL_VERSION = 19;
/** Until a broker says how large a message it takes. */
const MAX_MESSAGE_BYTES = 5 * 1_024 * 1_024;
const HANDSHAKE_TIMEOUT_MS = 8_000;
const PING_EVERY_MS = 10_000;
/** What the system has not taken in yet, at most: more had better wait where it can be withdrawn. */
const MAX_BUFFERED_BYTES = 1_024 * 1_024;

export interface BrokerConnection {
  readonly isOpen: boolean;
  /** The largest message that the broker takes, metadata included. */
  readonly maxMessageBytes: number;
  /** Whether the broker takes in less than it was sent, so that more had better wait. */
  readonly isCongested: boolean;
  /** Sends a command that is answered, under a `requestId`. Rejects with what a broker refuses. */
  request<N extends RequestName>(what: string, name: N, values: Omit<CommandValues<N>, "requestId">): Promise<Command>;
  send<N extends CommandName>(name: N, values: CommandValues<N>): void;
  sendMessage(values: CommandValues<"send">, metadata: Buffer, payload: Uint8Array): void;
  /** Gives a producer an id; told of what comes for it. */
  addProducer(endpoint: Endpoint): number;
  addConsumer(endpoint: Endpoint): number;
  removeProducer(id: number): void;
  removeConsumer(id: number): void;
  /** Ends it: all that use it are told that error. */
  drop(error: FivefoldError): void;
  close(): void;
}

type RequestName = "lookup" | "producer" | "subscribe" | "closeProducer" | "closeConsumer" | "ack";

export interface ConnectionSettings {
  /** `pulsar://host:port` or `pulsar+ssl://host:port`: where to connect. */
  readonly url: string;
  /** `host:port` of the broker that a proxy at `url` is to pass all on to. */
  readonly proxyTo: string | undefined;
  readonly token: (() => string | Promise<string>) | undefined;
  readonly trustCertsFile: string | undefined;
  readonly requestTimeoutMs: number;
  /** A connection by which nothing comes after so many pings is dead, whatever the operating system believes. */
  readonly missedPings: number;
  readonly clock: Clock;
}

/** Connects to a broker, and shows who comes. Rejects with why it can't be had. */
export async function openConnection(settings: ConnectionSettings): Promise<BrokerConnection> {
  const { url, clock } = settings;
  const what = `Connecting to ${url}`;
  const requests = createRequests(settings);
  const producers = new Map<number, Endpoint>();
  const consumers = new Map<number, Endpoint>();
  let lastId = 0;
  let maxMessageBytes = MAX_MESSAGE_BYTES;
  let isOpen = false;
  let ended: FivefoldError | undefined;
  /** Pings since anything came. */
  let pings = 0;
  let isCorked = false;
  let cancelPing: Cancel = () => {};
  let onConnected: () => void = () => {};
  let onRefused: (error: FivefoldError) => void = () => {};

  const authData = await readToken(settings);
  const reader = createFrameReader(maxMessageBytes, takeFrame);
  const socket = await openSocket({
    url,
    trustCertsFile: settings.trustCertsFile,
    timeoutMs: HANDSHAKE_TIMEOUT_MS,
    clock,
  });
  // The process stays for what is asked of it, and not for an idle connection.
  socket.unref();
  listen(socket);

  function listen(opened: Socket): void {
    opened.setNoDelay(true);
    opened.on("data", (chunk: Buffer) => {
      pings = 0;
      if (ended) return;
      try {
        reader.push(chunk);
      } catch (error) {
        end(unreadable(error));
      }
    });
    opened.on("drain", () => {
      for (const endpoint of [...producers.values()]) endpoint.onDrain?.();
    });
    opened.on("error", (error) => end(unreachable(what, url, error)));
    opened.on("close", () => end(new FivefoldError("not-connected", `The connection to ${url} ended.`)));
  }

  function unreadable(error: unknown): FivefoldError {
    const found = error instanceof Error ? error.message : String(error);
    return new FivefoldError(
      "not-connected",
      `The broker at ${url} sent what can't be read: ${found}. The connection was ended; another is made.`,
      { cause: error },
    );
  }

  function end(error: FivefoldError): void {
    if (ended) return;
    ended = error;
    isOpen = false;
    cancelPing();
    socket.destroy();
    onRefused(error);
    requests.end(error);
    const endpoints = [...producers.values(), ...consumers.values()];
    producers.clear();
    consumers.clear();
    for (const endpoint of endpoints) endpoint.onEnd(error);
  }

  function takeFrame(frame: Buffer): void {
    if (ended) return;
    const { command: bytes, metadata, payload } = openFrame(frame);
    const command = decodeCommand(bytes);
    if (!command) return;
    if (command.name === "message") {
      if (!metadata || !payload) throw new RangeError("a message has no content");
      consumers.get(command.consumerId ?? -1)?.onMessage?.({ command, metadata, payload });
    } else take(command);
  }

  function take(command: Command): void {
    switch (command.name) {
      case "connected":
        if (command.maxMessageBytes) maxMessageBytes = command.maxMessageBytes;
        reader.setMaxMessageBytes(maxMessageBytes);
        onConnected();
        return;
      case "ping":
        write("pong", {});
        return;
      case "authChallenge":
        void renew();
        return;
      case "receipt":
      case "sendError":
      case "closeProducer":
        producers.get(command.producerId ?? -1)?.onCommand(command);
        return;
      case "closeConsumer":
        consumers.get(command.consumerId ?? -1)?.onCommand(command);
        return;
      case "error":
        refuse(command);
        return;
      case "success":
      case "producerSuccess":
      case "lookupResponse":
      case "ackResponse":
        requests.answer(command.requestId, command);
    }
  }

  function refuse({ requestId, error, message }: CommandValues<"error">): void {
    const isAnswered = requests.refuse(requestId, (asked) => serverError(asked, error, message));
    // What is said of no request is said of the connection; of one that was given up, nothing.
    if (!isAnswered && (!isOpen || (requestId ?? -1) < 0)) end(serverError(what, error, message));
  }

  /** A broker asks again before a token expires. */
  async function renew(): Promise<void> {
    try {
      const data = await readToken(settings);
      const response = { method: "token", data };
      if (!ended) write("authResponse", { clientVersion: CLIENT_VERSION, response, protocolVersion: PROTOCOL_VERSION });
    } catch (error) {
      end(unreachable(what, url, error));
    }
  }

  function write<N extends CommandName>(name: N, values: CommandValues<N>): void {
    if (ended) return;
    corkForNow();
    socket.write(frameOf(encodeCommand(name, values)));
  }

  /** What is sent in one turn goes to the system in one call. */
  function corkForNow(): void {
    if (isCorked) return;
    isCorked = true;
    socket.cork();
    process.nextTick(() => {
      isCorked = false;
      socket.uncork();
    });
  }

  function pingLater(): void {
    cancelPing = clock.after(
      PING_EVERY_MS,
      () => {
        if (pings === settings.missedPings) {
          const seconds = (pings * PING_EVERY_MS) / 1_000;
          return end(new FivefoldError("not-connected", `The broker at ${url} did not answer within ${seconds} s.`));
        }
        pings += 1;
        write("ping", {});
        pingLater();
      },
      { background: true },
    );
  }

  const connected = new Promise<void>((resolve, reject) => {
    const cancel = clock.after(HANDSHAKE_TIMEOUT_MS, () =>
      end(new FivefoldError("not-connected", `${what}: it took the connection, and did not answer.`)),
    );
    onConnected = () => {
      cancel();
      resolve();
    };
    onRefused = (error) => {
      cancel();
      reject(error);
    };
  });
  write("connect", {
    clientVersion: CLIENT_VERSION,
    ...(authData && { authMethod: "token", authData }),
    protocolVersion: PROTOCOL_VERSION,
    proxyToBrokerUrl: settings.proxyTo,
    features: { authRefresh: true },
  });
  await connected;
  isOpen = true;
  pingLater();

  return {
    get isOpen() {
      return isOpen;
    },
    get maxMessageBytes() {
      return maxMessageBytes;
    },
    get isCongested() {
      return socket.writableLength > MAX_BUFFERED_BYTES;
    },
    request: (asked, name, values) =>
      requests.add(asked, (requestId) => write(name, { ...values, requestId } as CommandValues<typeof name>)),
    send: write,
    sendMessage(values, metadata, payload) {
      if (ended) return;
      corkForNow();
      socket.write(headOf(encodeCommand("send", values), metadata, payload));
      socket.write(payload);
    },
    addProducer(endpoint) {
      lastId += 1;
      producers.set(lastId, endpoint);
      return lastId;
    },
    addConsumer(endpoint) {
      lastId += 1;
      consumers.set(lastId, endpoint);
      return lastId;
    },
    removeProducer(id) {
      producers.delete(id);
    },
    removeConsumer(id) {
      consumers.delete(id);
    },
    drop: end,
    close: () => end(new FivefoldError("closed", `The connection to ${url} was closed.`)),
  };
}

async function readToken({ token }: ConnectionSettings): Promise<Buffer | undefined> {
  return token && Buffer.from((await token()).trim());
}
