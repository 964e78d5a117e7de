import { decodeMessage, encodeMessage, ProtoReader, type Shape, type Values } from "./proto-message.ts";

/*
 * The part of Pulsar's protocol that is used, from PulsarApi.proto of Apache Pulsar: what broker and client tell one
 * another. A command's number is its type, and that of the field of BaseCommand that holds it.
 */

export const MESSAGE_ID = {
  ledgerId: [1, "int"],
  entryId: [2, "int"],
  partition: [3, "int"],
  ackSet: [5, "long", "repeated"],
  batchSize: [6, "int"],
} as const satisfies Shape;

const AUTH_DATA = { method: [1, "text"], data: [2, "bytes"] } as const satisfies Shape;

const ASSIGNED = {
  requestId: [2, "int"],
  assignedUrl: [3, "text"],
  assignedUrlTls: [4, "text"],
} as const satisfies Shape;

const COMMANDS = {
  connect: [
    2,
    {
      clientVersion: [1, "text"],
      authMethod: [5, "text"],
      authData: [3, "bytes"],
      protocolVersion: [4, "int"],
      proxyToBrokerUrl: [6, "text"],
      features: [10, { authRefresh: [1, "flag"] }],
    },
  ],
  connected: [3, { serverVersion: [1, "text"], protocolVersion: [2, "int"], maxMessageBytes: [3, "int"] }],
  subscribe: [
    4,
    {
      topic: [1, "text"],
      subscription: [2, "text"],
      type: [3, "int"],
      consumerId: [4, "int"],
      requestId: [5, "int"],
      consumerName: [6, "text"],
      initialPosition: [13, "int"],
      forceTopicCreation: [15, "flag"],
      keyShared: [17, { mode: [1, "int"] }],
    },
  ],
  producer: [
    5,
    {
      topic: [1, "text"],
      producerId: [2, "int"],
      requestId: [3, "int"],
      producerName: [4, "text"],
      epoch: [8, "int"],
      isNameChosen: [9, "flag"],
    },
  ],
  send: [6, { producerId: [1, "int"], sequenceId: [2, "int"], messages: [3, "int"] }],
  receipt: [7, { producerId: [1, "int"], sequenceId: [2, "int"] }],
  sendError: [8, { producerId: [1, "int"], sequenceId: [2, "int"], error: [3, "int"], message: [4, "text"] }],
  message: [
    9,
    {
      consumerId: [1, "int"],
      messageId: [2, MESSAGE_ID],
      redeliveries: [3, "int"],
      ackSet: [4, "long", "repeated"],
    },
  ],
  ack: [
    10,
    { consumerId: [1, "int"], type: [2, "int"], messageIds: [3, MESSAGE_ID, "repeated"], requestId: [8, "int"] },
  ],
  flow: [11, { consumerId: [1, "int"], permits: [2, "int"] }],
  success: [13, { requestId: [1, "int"] }],
  error: [14, { requestId: [1, "int"], error: [2, "int"], message: [3, "text"] }],
  closeProducer: [15, { producerId: [1, "int"], ...ASSIGNED }],
  closeConsumer: [16, { consumerId: [1, "int"], ...ASSIGNED }],
  producerSuccess: [17, { requestId: [1, "int"], producerName: [2, "text"], lastSequenceId: [3, "int"] }],
  ping: [18, {}],
  pong: [19, {}],
  redeliver: [20, { consumerId: [1, "int"], messageIds: [2, MESSAGE_ID, "repeated"] }],
  lookup: [23, { topic: [1, "text"], requestId: [2, "int"], authoritative: [3, "flag"] }],
  lookupResponse: [
    24,
    {
      url: [1, "text"],
      urlTls: [2, "text"],
      response: [3, "int"],
      requestId: [4, "int"],
      authoritative: [5, "flag"],
      error: [6, "int"],
      message: [7, "text"],
      throughServiceUrl: [8, "flag"],
    },
  ],
  authChallenge: [36, { challenge: [2, AUTH_DATA] }],
  authResponse: [37, { clientVersion: [1, "text"], response: [2, AUTH_DATA], protocolVersion: [3, "int"] }],
  ackResponse: [38, { consumerId: [1, "int"], error: [4, "int"], message: [5, "text"], requestId: [6, "int"] }],
} as const satisfies Record<string, readonly [number, Shape]>;

type Commands = typeof COMMANDS;
export type CommandName = keyof Commands;
export type CommandValues<N extends CommandName> = Values<Commands[N][1]>;
/** A command with its name. */
export type Command = { [N in CommandName]: { readonly name: N } & CommandValues<N> }[CommandName];

const TYPE = 1;
const NAMES = new Map<number, CommandName>();
for (const name of Object.keys(COMMANDS) as CommandName[]) NAMES.set(COMMANDS[name][0], name);

export function encodeCommand<N extends CommandName>(name: N, values: CommandValues<N>): Buffer {
  const [number, shape] = COMMANDS[name] as readonly [number, Shape];
  const base = { type: [TYPE, "int"], command: [number, shape] } as const;
  return encodeMessage(base, { type: number, command: values as Values<Shape> });
}

/** Undefined: a command that is not used. Throws a RangeError on what is none. */
export function decodeCommand(bytes: Buffer): Command | undefined {
  const reader = new ProtoReader(bytes);
  let type = 0;
  let held: { number: number; bytes: Buffer } | undefined;
  for (let number = reader.next(); number !== 0; number = reader.next()) {
    if (number === TYPE && !reader.isBytes) type = reader.int();
    else if (reader.isBytes) {
      const end = reader.endOfBytes();
      held = { number, bytes: bytes.subarray(reader.at, end) };
      reader.at = end;
    } else reader.skip();
  }
  if (type === 0) throw new RangeError("a command has no type");
  const name = NAMES.get(type);
  if (name === undefined) return undefined;
  if (held?.number !== type) throw new RangeError(`a command of type ${type} lacks its content`);
  return { name, ...decodeMessage(COMMANDS[name][1] as Shape, held.bytes) } as Command;
}
