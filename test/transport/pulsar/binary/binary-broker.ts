import type { AddressInfo } from "node:net";
import { createServer, type Socket } from "node:net";
import { METADATA, readEntry } from "../../../../runtime/adapters/pulsar/binary/batch-reader.ts";
import {
  type Command,
  type CommandName,
  type CommandValues,
  decodeCommand,
  encodeCommand,
} from "../../../../runtime/adapters/pulsar/binary/commands.ts";
import { createFrameReader, frameOf, openFrame } from "../../../../runtime/adapters/pulsar/binary/frames.ts";
import { decodeMessage } from "../../../../runtime/adapters/pulsar/binary/proto-message.ts";
import type { ProducersBroker } from "../producers-broker.ts";

const CONNECT = 1;

export interface BinaryBroker extends ProducersBroker {
  /** Commands that came, in their order, of all connections. */
  readonly commands: readonly Command[];
  /** Sends bytes as they are by every connection. */
  send(bytes: Buffer): void;
  /** What is answered to a command instead of the usual; undefined: the usual. */
  answer: (command: Command) => Buffer | undefined;
}

/** A broker that deduplicates, over Pulsar's binary protocol: as much of it as producers and consumers can ask for. */
export async function startBinaryBroker(): Promise<BinaryBroker> {
  const stored: string[] = [];
  const commands: Command[] = [];
  const lastOf = new Map<string, number>();
  const sockets = new Set<Socket>();
  let held: (() => void)[] = [];

  function serve(socket: Socket): void {
    const names = new Map<number, string>();
    const say = <N extends CommandName>(name: N, values: CommandValues<N>) =>
      socket.write(frameOf(encodeCommand(name, values)));

    function take(command: Command, metadata: Buffer | undefined, payload: Buffer | undefined): unknown {
      commands.push(command);
      const other = broker.answer(command);
      if (other) return socket.write(other);
      switch (command.name) {
        case "connect":
          return say("connected", { serverVersion: "test", protocolVersion: 19, maxMessageBytes: 5_242_880 });
        case "lookup":
          return say("lookupResponse", { requestId: command.requestId, response: CONNECT, url: broker.url });
        case "producer": {
          const { requestId, producerId, producerName } = command;
          const answer = () => {
            names.set(producerId!, producerName!);
            say("producerSuccess", { requestId, producerName });
          };
          return broker.holdsConnections ? held.push(answer) : answer();
        }
        case "send": {
          const { producerId, sequenceId } = command;
          store(names.get(producerId!)!, sequenceId!, metadata!, payload!);
          return broker.losesReceipts || say("receipt", { producerId, sequenceId });
        }
        case "subscribe":
        case "closeProducer":
        case "closeConsumer":
          return say("success", { requestId: command.requestId });
        case "ack":
          return say("ackResponse", { requestId: command.requestId, consumerId: command.consumerId });
      }
      return undefined;
    }

    const reader = createFrameReader(5_242_880, (frame) => {
      const { command, metadata, payload } = openFrame(frame);
      take(decodeCommand(command)!, metadata, payload);
    });
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    socket.on("data", (chunk: Buffer) => reader.push(chunk));
  }

  function store(name: string, sequence: number, metadata: Buffer, payload: Buffer): void {
    if (sequence <= (lastOf.get(name) ?? -1)) return;
    lastOf.set(name, sequence);
    const { batchSize, producerName, sequenceId } = decodeMessage(METADATA, metadata);
    if (producerName !== name || sequenceId !== sequence) throw new Error("metadata and command differ");
    const ids: string[] = [];
    readEntry(metadata, payload, (_, { properties }) => ids.push(properties["fivefold-id"]!));
    if (ids.length !== batchSize) throw new Error("a batch has another size than its own");
    stored.push(...ids);
  }

  const server = createServer(serve);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const broker: BinaryBroker = {
    url: `pulsar://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stored,
    commands,
    losesReceipts: false,
    holdsConnections: false,
    answer: () => undefined,
    get heldConnections() {
      return held.length;
    },
    letIn() {
      broker.holdsConnections = false;
      for (const go of held) go();
      held = [];
    },
    cut() {
      for (const socket of sockets) socket.destroy();
    },
    send(bytes) {
      for (const socket of sockets) socket.write(bytes);
    },
    async close() {
      broker.letIn();
      broker.cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return broker;
}
