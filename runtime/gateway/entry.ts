import { type Client, dueAt, type TaskClient } from "../client.ts";
import type { Connection } from "../connection.ts";
import type { UseCaseSettings } from "../contract/contract.ts";
import type { Admission, Frontend, Receipt } from "../pipeline/pipeline.ts";
import { avroFormat } from "./avro/avro-format.ts";
import type { AvroSchema } from "./avro/avro-schema.ts";
import { AVRO_TYPE, type Formats, JSON_TYPE, jsonFormat, PROTOBUF_TYPES, protobufFormat } from "./formats.ts";
import type { RequestHead } from "./request-head.ts";

/** A use case as the gateway is given it: what the compiler wrote. */
export interface GatewayUseCase {
  // biome-ignore lint/suspicious/noExplicitAny: who serves several use cases has no word for their events.
  readonly client: Client<any>;
  /** Throws on bytes that are no such event. */
  readonly decode: (payload: Uint8Array) => unknown;
  /** Its contract for Avro, `contracts/*.avsc`. Absent: Avro is not taken. */
  readonly avro?: AvroSchema | undefined;
}

/** A use case's events on their way in. */
export interface Entry {
  readonly useCase: string;
  readonly settings: UseCaseSettings;
  readonly formats: Formats;
  /** Most bytes of one event's body. */
  readonly mostBytes: number;
  /** Resolves once they are durable: all of them, or none. */
  enqueue(events: readonly unknown[], head: RequestHead, producer: string): Promise<readonly Receipt[]>;
  readJson(value: unknown): unknown;
}

/** How long an Idempotency-Key is remembered. */
const ONCE_FOR_MS = 86_400_000;
/** JSON takes more bytes than protobuf: what is larger than this is too large in protobuf, too, or nearly all blanks. */
const JSON_FACTOR = 4;
const JSON_EXTRA_BYTES = 65_536;
const MOST_EVENT_BYTES = 16 * 1_048_576;

export function createEntry({ client, decode, avro }: GatewayUseCase, connection: Connection): Entry {
  // Whatever createClient makes is one.
  const { contract, frontendOn } = client as TaskClient<unknown>;
  const { name, maxPayloadBytes } = contract.settings;
  const json = jsonFormat(contract);
  const protobuf = protobufFormat(decode);
  let opened: Promise<Frontend<unknown>> | undefined;

  function admissionOf({ options, idempotencyKey }: RequestHead, producer: string): Admission {
    const { delay, traceparent = "", tracestate } = options;
    // Keys of two producers have nothing to do with each other.
    const once = idempotencyKey === "" ? undefined : { id: `${producer} ${idempotencyKey}`, forMs: ONCE_FOR_MS };
    return { dueAt: dueAt(name, options, connection.ports.clock.now()), delay, traceparent, tracestate, once };
  }

  return {
    useCase: name,
    settings: contract.settings,
    formats: new Map([
      [JSON_TYPE, json],
      ...PROTOBUF_TYPES.map((type) => [type, protobuf] as const),
      ...(avro === undefined ? [] : [[AVRO_TYPE, avroFormat(avro)] as const]),
    ]),
    mostBytes: Math.min(MOST_EVENT_BYTES, JSON_FACTOR * maxPayloadBytes + JSON_EXTRA_BYTES),
    readJson: contract.fromJson,
    async enqueue(events, head, producer) {
      const admission = admissionOf(head, producer);
      opened ??= frontendOn(connection);
      let frontend: Frontend<unknown>;
      try {
        frontend = await opened;
      } catch (error) {
        opened = undefined;
        throw error;
      }
      // Alone, it is stored together with others of this turn; not under an id of its own, which these have not.
      if (events.length === 1 && admission.once === undefined) return [await frontend.enqueue(events[0], admission)];
      return frontend.enqueueAll(events, admission);
    },
  };
}
