import type { AddressInfo } from "node:net";
import { createConnection, createServer, type Socket } from "node:net";
import {
  type Command,
  type CommandName,
  decodeCommand,
  encodeCommand,
} from "../../../runtime/adapters/pulsar/binary/commands.ts";
import { createFrameReader, frameOf, openFrame } from "../../../runtime/adapters/pulsar/binary/frames.ts";
import type { Draw } from "../../transport/history/setting.ts";

/** What is done to a frame, or from it on. */
const FAULTS = [
  "late",
  "in pieces",
  "swallowed",
  "damaged",
  "cut within",
  "cut after",
  "silent",
  "one-sided silence",
] as const;
export type FrameFault = (typeof FAULTS)[number];

/**
 * What may be lost alone, though TCP loses nothing alone: so it looks where a broker forgets something. Not messages, either
 * way: nothing in the protocol tells that one is missing between two others.
 */
const SWALLOWED: ReadonlySet<CommandName> = new Set<CommandName>([
  ...(["connected", "lookup", "lookupResponse", "producer", "producerSuccess", "receipt", "closeProducer"] as const),
  ...(["subscribe", "success", "flow", "ack", "ackResponse", "redeliver", "closeConsumer", "ping"] as const),
]);
const MAX_MESSAGE_BYTES = 5 * 1_024 * 1_024;
/** A connection has a fault after so many frames, at most. */
const MOST_UNHARMED = 300;
const LONGEST_DELAY_MS = 700;

export interface FrameProxy {
  readonly port: number;
  /** How often each was done. */
  readonly did: Readonly<Partial<Record<FrameFault, number>>>;
  /** Commands that came from clients and from the broker, by name. */
  readonly passed: ReadonlyMap<CommandName, number>;
  /** Ends all connections. */
  cut(): void;
  /** From now on, all is passed on as it comes; what is silent ends. */
  calm(): void;
  close(): Promise<void>;
}

/**
 * Stands between clients and a broker, and knows where frames begin: what it does to them, and when, is drawn. Lookups
 * name it in the place of the broker, so that everything comes by it. Without `draw` all is passed on as it comes.
 */
export async function startFrameProxy(
  toPort: number,
  { draw, longestSilenceMs = 0 }: { readonly draw?: Draw; readonly longestSilenceMs?: number } = {},
): Promise<FrameProxy> {
  const sockets = new Set<Socket>();
  const did: Partial<Record<FrameFault, number>> = {};
  const passed = new Map<CommandName, number>();
  let isCalm = draw === undefined;
  let url = "";

  function cutAll(): void {
    for (const socket of sockets) socket.resetAndDestroy();
  }

  /** Passes on what one side sends, and harms it. */
  function link(from: Socket, to: Socket, end: () => void, silence: { until: number }): void {
    let harmAfter = draw?.between(1, MOST_UNHARMED) ?? 0;
    /** What is passed on is passed on in order, whatever waits. */
    let before = Promise.resolve();
    let silentUntil = 0;
    let isOver = false;

    const write = (bytes: Uint8Array) => {
      if (!to.destroyed && !isOver) to.write(bytes);
    };
    /** Once what was written is on its way. */
    const endSoon = () => {
      isOver = true;
      setTimeout(end, 5);
    };
    const wait = (ms: number) =>
      new Promise<void>((resolve) => {
        const until = performance.now() + ms;
        const look = () => (isCalm || performance.now() >= until ? resolve() : setTimeout(look, 20));
        look();
      });

    async function pass(bytes: Buffer, command: Command | undefined): Promise<void> {
      const restMs = Math.max(silence.until, silentUntil) - performance.now();
      if (restMs > 0) await wait(restMs);
      harmAfter -= 1;
      if (isCalm || !draw || harmAfter > 0) return write(bytes);
      const fault = draw.oneOf(FAULTS);
      if (fault === "swallowed" && (!command || !SWALLOWED.has(command.name))) return write(bytes);
      harmAfter = draw.between(1, MOST_UNHARMED);
      did[fault] = (did[fault] ?? 0) + 1;
      switch (fault) {
        case "late":
          await wait(draw.between(1, LONGEST_DELAY_MS));
          return write(bytes);
        case "in pieces":
          for (let at = 0; at < bytes.length; ) {
            const next = Math.min(bytes.length, at + draw.between(1, Math.max(1, bytes.length >> 2)));
            write(bytes.subarray(at, next));
            at = next;
            await new Promise((resolve) => setTimeout(resolve, 1));
          }
          return;
        case "swallowed":
          return;
        case "damaged": {
          const changed = Buffer.from(bytes);
          const at = draw.between(0, bytes.length - 1);
          // What has no checksum might say something else: it only ever says nothing that can be.
          if (command?.name === "message" || command?.name === "send") changed[bytes.length - 1]! ^= 1;
          else changed.fill(255, 0, Math.min(at, 4));
          write(changed);
          // What is sent behind it must not be stored, as the refusal may never arrive: by TLS, too, nothing more would.
          return command?.name === "send" ? endSoon() : undefined;
        }
        case "cut within":
          write(bytes.subarray(0, draw.between(1, bytes.length - 1)));
          return endSoon();
        case "cut after":
          write(bytes);
          return endSoon();
        case "silent":
          silence.until = performance.now() + draw.between(50, longestSilenceMs);
          return write(bytes);
        case "one-sided silence":
          silentUntil = performance.now() + draw.between(50, longestSilenceMs);
          return write(bytes);
      }
    }

    const reader = createFrameReader(MAX_MESSAGE_BYTES, (frame) => {
      const command = decodeCommand(openFrame(frame).command);
      if (command) passed.set(command.name, (passed.get(command.name) ?? 0) + 1);
      const bytes = command?.name === "lookupResponse" && command.url ? renamed(command) : sized(frame);
      before = before.then(() => pass(bytes, command)).catch(end);
    });
    from.on("data", (chunk: Buffer) => {
      try {
        reader.push(chunk);
      } catch {
        end();
      }
    });
  }

  function renamed(command: Extract<Command, { name: "lookupResponse" }>): Buffer {
    return frameOf(encodeCommand("lookupResponse", { ...command, url }));
  }

  const server = createServer((from) => {
    const to = createConnection(toPort, "127.0.0.1");
    const end = () => {
      from.destroy();
      to.destroy();
    };
    const silence = { until: 0 };
    for (const socket of [from, to]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      // The other side of a connection that was cut fails too.
      socket.on("error", () => {});
      socket.on("close", () => {
        sockets.delete(socket);
        end();
      });
    }
    link(from, to, end, silence);
    link(to, from, end, silence);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  url = `pulsar://127.0.0.1:${port}`;
  return {
    port,
    did,
    passed,
    cut: cutAll,
    calm() {
      isCalm = true;
    },
    async close() {
      cutAll();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function sized(frame: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(4 + frame.length);
  bytes.writeUInt32BE(frame.length, 0);
  frame.copy(bytes, 4);
  return bytes;
}
