import { FivefoldError } from "../../../contract/errors.ts";
import { quotaUsedUp } from "../errors.ts";

/** PulsarApi.proto's ServerError. */
const NAMES = [
  "UnknownError",
  "MetadataError",
  "PersistenceError",
  "AuthenticationError",
  "AuthorizationError",
  "ConsumerBusy",
  "ServiceNotReady",
  "ProducerBlockedQuotaExceededError",
  "ProducerBlockedQuotaExceededException",
  "ChecksumError",
  "UnsupportedVersionError",
  "TopicNotFound",
  "SubscriptionNotFound",
  "ConsumerNotFound",
  "TooManyRequests",
  "TopicTerminatedError",
  "ProducerBusy",
  "InvalidTopicName",
  "IncompatibleSchema",
  "ConsumerAssignError",
  "TransactionCoordinatorNotFound",
  "InvalidTxnStatus",
  "NotAllowedError",
  "TransactionConflict",
  "TransactionNotFound",
  "ProducerFenced",
];

/** What a broker says of a message that was damaged on its way. */
export const CHECKSUM_ERROR = NAMES.indexOf("ChecksumError");

/** What a broker's refusal means, from its number and its own words. */
export function serverError(what: string, number = 0, words = ""): FivefoldError {
  const name = NAMES[number] ?? `error ${number}`;
  const said = words === "" ? name : `${name}: ${firstLine(words)}`;
  switch (name) {
    case "AuthenticationError":
      return new FivefoldError(
        "unauthorized",
        `${what}: Pulsar does not accept this token (${said}). Set a valid one, that is not expired.`,
      );
    case "AuthorizationError":
      return new FivefoldError(
        "unauthorized",
        `${what}: this token's role may not do that (${said}). Grant it the permission, or let the role that deploys do it.`,
      );
    case "TopicNotFound":
    case "SubscriptionNotFound":
      return new FivefoldError("unknown-topic", `${what}: it does not exist (${said}). Declare it before using it.`);
    case "ProducerBlockedQuotaExceededError":
    case "ProducerBlockedQuotaExceededException":
      return quotaUsedUp(what, said);
    case "ConsumerBusy":
    case "ProducerBusy":
    case "ProducerFenced":
    case "ConsumerAssignError":
      return new FivefoldError("conflict", `${what}: it conflicts with what is there (${said}).`);
    case "TooManyRequests":
      return new FivefoldError("throttled", `${what}: Pulsar limits such requests (${said}). Try again later.`);
    case "TopicTerminatedError":
      return new FivefoldError(
        "conflict",
        `${what}: the topic was terminated and takes no more records (${said}). Consume what waits, and make it anew.`,
      );
    case "ChecksumError":
      return new FivefoldError("not-connected", `${what}: it was damaged on its way to the broker (${said}).`);
    case "IncompatibleSchema":
      return new FivefoldError(
        "conflict",
        `${what}: the topic has a schema that records without one do not fit (${said}). Remove the schema, or let the ` +
          "namespace take producers without (schemaValidationEnforced=false).",
      );
    case "InvalidTopicName":
      return new FivefoldError("invalid-option", `${what}: Pulsar takes no topic of that name (${said}).`);
    case "NotAllowedError":
      return /size|large|big/i.test(words)
        ? new FivefoldError("payload-too-large", `${what}: the broker takes no message of that size (${said}).`)
        : new FivefoldError("conflict", `${what}: Pulsar does not allow it (${said}).`);
    default:
      return new FivefoldError("not-connected", `${what}: the broker can't do it now (${said}).`);
  }
}

/** A broker may send its stack trace along. */
function firstLine(words: string): string {
  return words.split("\n", 1)[0]!.trim().slice(0, 300);
}
