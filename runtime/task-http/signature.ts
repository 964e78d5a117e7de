import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from "node:crypto";

/*
 * Standard Webhooks (https://www.standardwebhooks.com): HMAC-SHA256 over `<id>.<timestamp>.<body>`, by a secret that both
 * sides have. Several secrets, separated by blanks, let a secret be changed while both are in use.
 */

/** How old or how early a timestamp may be. */
const SIGNATURE_TOLERANCE_S = 300;
/** Bytes of a secret, as Standard Webhooks has it. */
const FEWEST_BYTES = 24;
const MOST_BYTES = 64;

/** The environment's name of a target's secrets, for workers and receivers. */
export function secretVariableOf(target: string): string {
  return `FIVEFOLD_SIGNING_SECRET_${target.toUpperCase().replaceAll("-", "_")}`;
}

export type Secrets = readonly KeyObject[];

/** Reads `whsec_<base64>`, once or several times. Throws a RangeError that names no secret. */
export function readSecrets(text: string): Secrets {
  const secrets = text.split(/\s+/).filter((part) => part !== "");
  if (secrets.length === 0) throw new RangeError("it is empty");
  return secrets.map((secret, index) => {
    const which = secrets.length === 1 ? "it" : `its secret number ${index + 1}`;
    const base64 = secret.startsWith("whsec_") ? secret.slice("whsec_".length) : "";
    if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) throw new RangeError(`${which} is not of the form whsec_<base64>`);
    const bytes = Buffer.from(base64, "base64");
    if (bytes.length < FEWEST_BYTES || bytes.length > MOST_BYTES) {
      throw new RangeError(`${which} has ${bytes.length} bytes, and must have ${FEWEST_BYTES} to ${MOST_BYTES}`);
    }
    return createSecretKey(bytes);
  });
}

/** The value of `webhook-signature`: a signature by each secret. `timestamp` is in seconds since the Unix epoch. */
export function sign(secrets: Secrets, id: string, timestamp: string, body: Uint8Array): string {
  const [first] = secrets;
  if (secrets.length === 1 && first) return `v1,${signatureOf(first, id, timestamp, body)}`;
  return secrets.map((secret) => `v1,${signatureOf(secret, id, timestamp, body)}`).join(" ");
}

/**
 * What `fivefold-signature` signs, since a Standard Webhooks signature covers no headers: which try it is, and where its outcome
 * is told to. No id of a use case begins so, so that no body of somebody's choice is taken for it.
 */
export function tryText(attempt: string, callback: string): Uint8Array {
  return Buffer.from(`${attempt}.${callback}`);
}
export const TRY_PREFIX = "fivefold:";

function signatureOf(secret: KeyObject, id: string, timestamp: string, body: Uint8Array): string {
  return createHmac("sha256", secret).update(`${id}.${timestamp}.`).update(body).digest("base64");
}

/** What is wrong with a signature; `undefined`: nothing is. */
export function findForgery(
  secrets: Secrets,
  signed: { readonly id: string; readonly timestamp: string; readonly signature: string; readonly body: Uint8Array },
  nowMs: number,
): string | undefined {
  const { id, timestamp, signature, body } = signed;
  if (!id || !timestamp || !signature) return "webhook-id, webhook-timestamp or webhook-signature is missing";
  if (!/^\d{1,12}$/.test(timestamp)) return "webhook-timestamp is no number of seconds";
  const ageS = nowMs / 1_000 - Number(timestamp);
  if (Math.abs(ageS) > SIGNATURE_TOLERANCE_S) {
    return `webhook-timestamp is ${Math.round(Math.abs(ageS))} s ${ageS > 0 ? "old" : "ahead"}, above ${SIGNATURE_TOLERANCE_S} s`;
  }
  const expected = secrets.map((secret) => Buffer.from(signatureOf(secret, id, timestamp, body)));
  const found = signature.split(" ").flatMap((one) => (one.startsWith("v1,") ? [Buffer.from(one.slice(3))] : []));
  const matches = found.some((one) =>
    expected.some((other) => one.length === other.length && timingSafeEqual(one, other)),
  );
  return matches ? undefined : "webhook-signature is by none of the secrets that are known here";
}
