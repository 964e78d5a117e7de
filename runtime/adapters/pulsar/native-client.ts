import { FivefoldError } from "../../contract/errors.ts";
import { quotaUsedUp } from "./errors.ts";

/*
 * The part of pulsar-client's interface that is used: what stands behind it is chosen in ../pulsar.ts alone.
 */

export interface NativeMessage<Id> {
  getProperties(): Record<string, string>;
  getData(): Buffer;
  getMessageId(): Id;
  getEventTimestamp(): number;
  getPartitionKey(): string;
}

export interface NativeProducer<Id> {
  send(message: {
    data: Buffer;
    properties: Record<string, string>;
    eventTimestamp?: number;
    partitionKey?: string;
    deliverAt?: number;
  }): Promise<Id>;
  isConnected(): boolean;
  close(): Promise<unknown>;
}

export interface NativeConsumer<Id> {
  /** Without a time limit it waits in no thread of Node's. */
  receive(): Promise<NativeMessage<Id>>;
  /** What comes within its policy's time; none, too. */
  batchReceive(): Promise<readonly NativeMessage<Id>[]>;
  acknowledgeId(messageId: Id): Promise<unknown>;
  negativeAcknowledgeId(messageId: Id): void;
  isConnected(): boolean;
  close(): Promise<unknown>;
}

/** What libpulsar's results mean: its errors are texts that end in a result's name. */
export function nativeError(what: string, error: unknown): FivefoldError {
  if (error instanceof FivefoldError) return error;
  const text = error instanceof Error ? error.message : String(error);
  const options = { cause: error };
  if (/AuthenticationError/.test(text)) {
    return new FivefoldError(
      "unauthorized",
      `${what}: Pulsar does not accept this token, or its certificate is not trusted (${text}). Set a valid token, that ` +
        "is not expired; for pulsar+ssl:// name the certificate's authority in NODE_EXTRA_CA_CERTS.",
      options,
    );
  }
  if (/AuthorizationError/.test(text)) {
    return new FivefoldError(
      "unauthorized",
      `${what}: this token's role may not do that (${text}). Grant it the permission.`,
      options,
    );
  }
  if (/TopicNotFound|SubscriptionNotFound/.test(text)) {
    return new FivefoldError(
      "unknown-topic",
      `${what}: it does not exist (${text}). Declare it before using it.`,
      options,
    );
  }
  if (/ConsumerBusy|ProducerBusy|ProducerFenced/.test(text)) {
    return new FivefoldError("conflict", `${what}: it conflicts with what is there (${text}).`, options);
  }
  if (/MessageTooBig/.test(text)) {
    return new FivefoldError(
      "payload-too-large",
      `${what}: the broker takes no message of that size (${text}).`,
      options,
    );
  }
  if (/QuotaExceeded/.test(text)) return quotaUsedUp(what, text, options);
  if (/TooManyLookupRequest/.test(text)) {
    return new FivefoldError("throttled", `${what}: Pulsar limits such requests (${text}). Try again later.`, options);
  }
  return new FivefoldError("not-connected", `${what}: Pulsar could not do it (${text}).`, options);
}
