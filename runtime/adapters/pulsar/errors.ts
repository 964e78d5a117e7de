import { FivefoldError } from "../../contract/errors.ts";

/** What a broker's refusal means, from its HTTP status and its own words. */
export function refusal(what: string, status: number, found: string): FivefoldError {
  const said = found === "" ? `HTTP status ${status}` : `HTTP status ${status}: ${found}`;
  switch (status) {
    case 401:
      return new FivefoldError(
        "unauthorized",
        `${what}: Pulsar does not accept this token (${said}). Set a valid one, that is not expired.`,
      );
    case 403:
      return new FivefoldError(
        "unauthorized",
        `${what}: this token's role may not do that (${said}). Grant it the permission, or let the role that deploys do it.`,
      );
    case 404:
      return new FivefoldError("unknown-topic", `${what}: it does not exist (${said}). Declare it before using it.`);
    case 409:
    case 412:
      return new FivefoldError("conflict", `${what}: it conflicts with what is there (${said}).`);
    case 429:
      return new FivefoldError("throttled", `${what}: Pulsar limits such requests (${said}). Try again later.`);
    case 503:
      return /quota/i.test(found)
        ? quotaUsedUp(what, said)
        : new FivefoldError("not-connected", `${what}: the broker can't serve it now (${said}).`);
    default:
      return new FivefoldError("not-connected", `${what}: Pulsar could not do it (${said}).`);
  }
}

export function quotaUsedUp(what: string, said: string, options?: { cause?: unknown }): FivefoldError {
  return new FivefoldError(
    "storage-full",
    `${what}: a backlog quota is used up (${said}). Consume what waits, or raise the quota.`,
    options,
  );
}

/** Why nothing comes of a topic, though something is there: its broker must be told by somebody who may. */
export function standsStill(url: string, refused: FivefoldError): FivefoldError {
  return new FivefoldError(
    "not-connected",
    `The broker gives out nothing of ${url}, though consumers wait for what is there. Unload the topic, which repairs it ` +
      `(pulsar-admin topics unload ${url}), since this process could not: ${refused.message}`,
    { cause: refused },
  );
}

/** Why a publish that has a connection did not end. */
export function notAcknowledged(what: string, timeoutMs: number): FivefoldError {
  return new FivefoldError(
    "throttled",
    `${what}: connected, but not acknowledged within ${Math.round(timeoutMs / 1_000)} s. The broker is overloaded, limits ` +
      "the rate of publishing, or holds producers back because a backlog quota is used up.",
  );
}

/** Why a publish ended that waited for a connection when its producer was closed. Behind failover, another cluster takes it. */
export function closedWithout(what: string): FivefoldError {
  return new FivefoldError("not-connected", `${what}: the producer was closed without a connection.`);
}

/** An error that a connection has, as what it was needed for tells it. */
export function about(what: string, error: FivefoldError): FivefoldError {
  if (error.message.startsWith(what)) return error;
  return new FivefoldError(error.code, `${what}: ${error.message}`, { cause: error });
}

/** Why a connection could not be had. */
export function unreachable(what: string, url: string, error: unknown): FivefoldError {
  if (error instanceof FivefoldError) return error;
  const code = codeOf(error);
  if (code !== undefined && /CERT|UNABLE_TO_VERIFY/.test(code)) {
    return new FivefoldError(
      "invalid-option",
      `${what}: the certificate of ${url} is not trusted: ${causeOf(error)} (${code}). Name the authority that it comes ` +
        "from, as a PEM file, in NODE_EXTRA_CA_CERTS; the certificate must be valid now, and for the name in the URL.",
      { cause: error },
    );
  }
  return new FivefoldError("not-connected", `${what}: no connection to Pulsar at ${url}: ${causeOf(error)}.`, {
    cause: error,
  });
}

/** The innermost message that says something: fetch and sockets wrap theirs. */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AggregateError && error.errors.length > 0) return causeOf(error.errors[0]);
  if (error.cause !== undefined) return causeOf(error.cause);
  return error.message || ("code" in error ? String(error.code) : error.name);
}

/** The innermost error's code. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  return codeOf(error.cause) ?? ("code" in error ? String(error.code) : undefined);
}
