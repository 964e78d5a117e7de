import { Buffer } from "node:buffer";
import type { AddressInfo } from "node:net";
import { connect, createServer, type TLSSocket } from "node:tls";
import { getHeapStatistics } from "node:v8";
import type { Cancel, Clock } from "../contract/clock.ts";
import type { Outcome, TaskRecord } from "../contract/contract.ts";
import { type Answered, type Asked, createFrameReader, frameOf } from "./frames.ts";
import type { Member } from "./members.ts";

/** What a task came to where it ran. */
export interface Ended {
  readonly outcome: Outcome;
  /** How long its handler ran; 0: it was not called. */
  readonly tookMs: number;
}

/**
 * Both sides have a secret from the control store: no certificate is needed, nobody else gets in, and what is said stays between
 * them. PSK is of TLS 1.2 in Node.
 */
const SECURED = {
  ciphers: "ECDHE-PSK-CHACHA20-POLY1305",
  minVersion: "TLSv1.2",
  maxVersion: "TLSv1.2",
} as const;
const PING_MS = 2_000;
/** A process that answers nothing for so long runs nothing: its tasks go back. */
const SILENT_MS = 10_000;

export interface TaskServer {
  readonly port: number;
  /** Takes no new tasks, and resolves once those that run have ended, or the time is over. */
  leave(withinMs: number): Promise<void>;
}

/** Runs tasks for others that hold them. */
export async function serveTasks(options: {
  readonly host: string;
  readonly member: string;
  readonly secret: string;
  readonly run: (subscriber: string, record: TaskRecord) => Promise<Ended>;
  readonly clock: Clock;
}): Promise<TaskServer> {
  const { clock } = options;
  const key = Buffer.from(options.secret, "hex");
  const sockets = new Set<TLSSocket>();
  let running = 0;
  let idle = () => {};
  const server = createServer(
    { ...SECURED, pskCallback: (_, identity) => (identity === options.member ? key : null) },
    (socket) => {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
      // Whoever asked finds the connection gone, and its tasks with it.
      socket.on("error", () => {});
      const read = createFrameReader<Asked>();
      const answer = (value: Answered) => {
        if (!socket.destroyed) socket.write(frameOf(value));
      };
      socket.on("data", (chunk) => {
        try {
          for (const asked of read(chunk)) {
            if (asked.kind === "ping") answer({ kind: "pong", memory: usedMemory() });
            else if (asked.kind === "run") void run(asked, answer);
          }
        } catch {
          socket.destroy();
        }
      });
    },
  );
  // A stranger's handshake: it gets nothing, and nobody need know.
  server.on("tlsClientError", () => {});

  async function run({ number, subscriber, record }: Asked & { kind: "run" }, answer: (value: Answered) => void) {
    running++;
    const ended = await options.run(subscriber, record).catch((error: unknown) => ({
      outcome: { kind: "retry", message: error instanceof Error ? error.message : "it can't be run" } as const,
      tookMs: 0,
    }));
    running--;
    answer({ kind: "ended", number, ...ended });
    if (running === 0) idle();
  }

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, options.host, resolve);
  });
  server.unref();
  return {
    port: (server.address() as AddressInfo).port,
    async leave(withinMs) {
      for (const socket of sockets) socket.write(frameOf({ kind: "leaving" }));
      if (running > 0) {
        await new Promise<void>((resolve) => {
          idle = resolve;
          clock.after(withinMs, resolve);
        });
      }
      server.close();
      for (const socket of sockets) socket.end();
    },
  };
}

export interface Link {
  readonly member: Member;
  /** Whether tasks may be handed to it. */
  readonly isOpen: boolean;
  /** Tasks that it has. */
  readonly running: number;
  /** The part of its memory that it uses. */
  readonly memory: number;
  /** `ended` is told what it came to; `undefined`: the other side is gone, and whether it ran is not known. */
  run(subscriber: string, record: TaskRecord, ended: (end: Ended | undefined) => void): void;
  close(): void;
}

/** Connects to a member. `closed` is told once; `left`: it had said that it leaves. */
export function linkTo(
  member: Member,
  { clock, closed }: { readonly clock: Clock; readonly closed: (left: boolean) => void },
): Link {
  const socket = connect({
    ...SECURED,
    host: member.host,
    port: member.port,
    pskCallback: () => ({ psk: Buffer.from(member.secret, "hex"), identity: member.id }),
    checkServerIdentity: () => undefined,
  });
  const waiting = new Map<number, (end: Ended | undefined) => void>();
  const read = createFrameReader<Answered>();
  let isOpen = false;
  let left = false;
  let isClosed = false;
  let memory = 0;
  let last = clock.monotonic();
  let numbers = 0;
  let cancel: Cancel = () => {};

  function ping(): void {
    if (clock.monotonic() - last > SILENT_MS) return void socket.destroy();
    if (isOpen) socket.write(frameOf({ kind: "ping" }));
    cancel = clock.after(PING_MS, ping, { background: true });
  }

  function take(answered: Answered): void {
    if (answered.kind === "pong") memory = answered.memory;
    else if (answered.kind === "leaving") {
      left = true;
      isOpen = false;
    } else {
      const { number, outcome, tookMs } = answered;
      const ended = waiting.get(number);
      waiting.delete(number);
      ended?.({ outcome, tookMs });
    }
  }

  socket.unref();
  socket.setNoDelay(true);
  socket.on("secureConnect", () => {
    isOpen = true;
    ping();
  });
  socket.on("data", (chunk) => {
    last = clock.monotonic();
    try {
      for (const answered of read(chunk)) take(answered);
    } catch {
      socket.destroy();
    }
  });
  socket.on("error", () => {});
  socket.on("close", () => {
    cancel();
    isOpen = false;
    if (isClosed) return;
    isClosed = true;
    const lost = [...waiting.values()];
    waiting.clear();
    closed(left);
    for (const ended of lost) ended(undefined);
  });
  return {
    member,
    get isOpen() {
      return isOpen;
    },
    get running() {
      return waiting.size;
    },
    get memory() {
      return memory;
    },
    run(subscriber, record, ended) {
      const number = numbers++;
      waiting.set(number, ended);
      socket.write(frameOf({ kind: "run", number, subscriber, record }));
    },
    close() {
      left = true;
      socket.destroy();
    },
  };
}

/** The part of this process's memory that is used: of its heap, or of what its container may have, whichever is more. */
export function usedMemory(): number {
  const { rss } = process.memoryUsage();
  const { used_heap_size, heap_size_limit } = getHeapStatistics();
  const limit = process.constrainedMemory();
  // Where there is no limit it says an absurd number.
  const ofContainer = limit > 0 && limit < 2 ** 50 ? rss / limit : 0;
  return Math.max(ofContainer, used_heap_size / heap_size_limit);
}
