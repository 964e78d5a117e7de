import { isIPv4, isIPv6 } from "node:net";
import { BadValue, bad, isWellFormed, matching, type Reader } from "../config-values.ts";

/*
 * Values as Kubernetes takes them, read before it sees them: what its API server, the kubelet or the container runtime
 * would refuse later is refused at preview. test/e2e/stacks-values.test.ts holds these rules to a real API server.
 */

/** RFC 1123: names of namespaces. */
export const dnsLabel: Reader<string> = matching(
  /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/,
  "at most 63 lower-case letters, digits and hyphens, a letter or digit at both ends",
  63,
);

const SUBDOMAIN = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;
const MAX_SUBDOMAIN = 253;

/** RFC 1123: names of Secrets, service accounts and most other objects. */
export const objectName: Reader<string> = matching(
  SUBDOMAIN,
  "the name of an object of Kubernetes: at most 253 lower-case letters, digits, hyphens and dots, a letter or digit at " +
    "both ends",
  MAX_SUBDOMAIN,
);

const QUALIFIED_NAME = /^[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?$/;

function isKey(key: string): boolean {
  const parts = key.split("/");
  const [name = "", prefix] = parts.toReversed();
  if (parts.length > 2 || !QUALIFIED_NAME.test(name)) return false;
  return prefix === undefined || (prefix.length <= MAX_SUBDOMAIN && SUBDOMAIN.test(prefix));
}

const KEY = 'a key of Kubernetes, like "team" or "example.com/team": at most 63 letters, digits and any of -_.';

export const labelKey: Reader<string> = (value) =>
  typeof value === "string" && isKey(value) ? value : bad(KEY, value);

/** The prefix of an annotation's key may have upper-case letters. */
export const annotationKey: Reader<string> = (value) =>
  typeof value === "string" && isKey(value.toLowerCase()) ? value : bad(KEY, value);

/** May be empty. */
export const labelValue: Reader<string> = (value) =>
  value === "" || (typeof value === "string" && QUALIFIED_NAME.test(value))
    ? value
    : bad("a label's value: at most 63 letters, digits and any of -_., a letter or digit at both ends", value);

/** Any text, which may be empty. */
export const annotationValue: Reader<string> = (value) =>
  typeof value === "string" && isWellFormed(value) ? value : bad("a text", value);

/** The name of an environment's variable. */
export const envName: Reader<string> = matching(
  // As clusters before 1.34 take them, and as a key of a ConfigMap has to be.
  /^(?!\.\.)(?!\.$)[-._a-zA-Z][-._a-zA-Z0-9]*$/,
  "the name of a variable: at most 253 letters, digits and any of _-., no digit first",
  253,
);

/** What Linux takes as one variable, with its name and the byte at its end. */
const MAX_VARIABLE_BYTES = 131_072;

/** The value of an environment's variable, which may be empty. What is wrong is told without it: it may be a secret. */
export const envValue: Reader<string> = (value) => {
  if (typeof value !== "string") return bad('a text; numbers and flags are written in quotes, like "8080"', value);
  if (value.includes("\0") || !isWellFormed(value)) {
    return new BadValue("must be a text that a variable can hold, and has a NUL or half of a surrogate pair");
  }
  const bytes = Buffer.byteLength(value);
  if (bytes + 254 <= MAX_VARIABLE_BYTES) return value;
  return new BadValue(
    `has ${bytes} bytes, and Linux takes ${MAX_VARIABLE_BYTES} with the name: put it into a file of the image`,
  );
};

const QUANTITY = /^\+?(\d*)(?:\.(\d*))?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][+-]?\d{1,2})?$/;
const DECIMAL: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, "": 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const BINARY: Readonly<Record<string, number>> = { Ki: 1, Mi: 2, Gi: 3, Ti: 4, Pi: 5, Ei: 6 };

interface Quantity {
  /** In thousandths of a unit, rounded up. */
  readonly milli: bigint;
  /** Whether it has less than a thousandth over. */
  readonly isFiner: boolean;
  readonly suffix: string;
}

function quantityOf(value: unknown): Quantity | undefined {
  const match = typeof value === "string" && value.length <= 40 ? QUANTITY.exec(value) : null;
  const [, whole = "", fraction = "", suffix = ""] = match ?? [];
  if (!match || whole + fraction === "") return undefined;
  const power = BINARY[suffix];
  const exponent = DECIMAL[suffix] ?? (power === undefined ? Number(suffix.slice(1)) : 0);
  const shift = exponent - fraction.length + 3;
  const digits = BigInt(whole + fraction) * 1024n ** BigInt(power ?? 0);
  const [up, down] = [10n ** BigInt(Math.max(0, shift)), 10n ** BigInt(Math.max(0, -shift))];
  const scaled = digits * up;
  return { milli: (scaled + down - 1n) / down, isFiner: scaled % down !== 0n, suffix };
}

const MAX_CPUS = 1_024n;

/** CPU, in the form that the server would make of it: `1500m`, `2`. */
export const cpu: Reader<string> = (value) => {
  const expected = 'CPU from "1m" (a thousandth of one) to "1024", like "500m" or "2"';
  const found = quantityOf(value);
  if (!found || found.isFiner) return bad(expected, value);
  const { milli, suffix } = found;
  if (milli < 1n || milli > MAX_CPUS * 1_000n) {
    const fix = suffix in BINARY || suffix === "M" ? "That is how memory is written: is it memory's" : undefined;
    return bad(expected, value, fix);
  }
  return milli % 1_000n === 0n ? shortest(milli / 1_000n, 1_000n, ["k"]) : `${milli}m`;
};

const MEBIBYTE = 1_024n ** 2n;
/** Below, Node.js does not even start. */
const MIN_MEMORY = 32n * MEBIBYTE;
const MAX_MEMORY = 64n * MEBIBYTE * MEBIBYTE;

/** Memory, in the form that the server would make of it: `512Mi`, `1G`. */
export const memory: Reader<string> = (value) => {
  const expected = 'memory from "32Mi" to "64Ti", like "512Mi" or "1Gi"';
  const found = quantityOf(value);
  if (!found) return bad(expected, value);
  const { milli, suffix } = found;
  const bytes = milli / 1_000n;
  if (suffix === "m" || suffix === "u" || suffix === "n") {
    const number = String(value).slice(0, -1);
    const part = { m: "thousandths", u: "millionths", n: "billionths" }[suffix];
    return bad(expected, value, `'${suffix}' means ${part} of a byte. Write "${number}Mi" or "${number}M"`);
  }
  if (found.isFiner || milli % 1_000n !== 0n) return bad(`${expected}, in whole bytes`, value);
  if (bytes < MIN_MEMORY || bytes > MAX_MEMORY) {
    return bad(expected, value, suffix === "" ? "Without a unit it is bytes" : undefined);
  }
  return suffix in BINARY ? shortest(bytes, 1_024n, Object.keys(BINARY)) : shortest(bytes, 1_000n, [..."kMGTPE"]);
};

function shortest(bytes: bigint, step: bigint, units: readonly string[]): string {
  let count = bytes;
  let unit = "";
  for (const next of units) {
    if (count % step !== 0n) break;
    count /= step;
    unit = next;
  }
  return `${count}${unit}`;
}

const HOST =
  /^([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*|\[[0-9a-fA-F:]+\])(:\d+)?$/;
const PATH = /^[a-z0-9]+(([._]|__|-+)[a-z0-9]+)*(\/[a-z0-9]+(([._]|__|-+)[a-z0-9]+)*)*$/;
const DIGEST_HEX: Readonly<Record<string, number>> = { sha256: 64, sha384: 96, sha512: 128 };

/** A container image, as the container runtime parses it: `registry.example.com/shop:1`, `…@sha256:…`. */
export const imageReference: Reader<string> = (value) => {
  const expected =
    'a container image, like "registry.example.com/shop:1.2" or "…/shop@sha256:" and 64 hexadecimal digits';
  const match = typeof value === "string" ? /^([^@]*?)(?::([^/@]*))?(?:@(.*))?$/.exec(value) : null;
  if (!match) return bad(expected, value);
  const [, name = "", tag, digest] = match;
  const slash = name.indexOf("/");
  const first = name.slice(0, Math.max(0, slash));
  // As `docker pull` tells a registry from a folder.
  const hasHost = slash > 0 && (/[.:A-Z]/.test(first) || first === "localhost");
  const path = hasHost ? name.slice(slash + 1) : name;
  if (path !== path.toLowerCase())
    return bad(expected, value, "A registry's host aside, an image's name is in lower case");
  if (!PATH.test(path) || (hasHost && !HOST.test(first)) || path.length > 255) return bad(expected, value);
  if (/^[0-9a-f]{64}$/.test(name)) return bad(expected, value, "That is an image's id: no registry knows it");
  if (tag !== undefined && !/^\w[\w.-]{0,127}$/.test(tag)) return bad(expected, value);
  if (digest !== undefined) {
    const [algorithm = "", hex = ""] = digest.split(":");
    const isDigest = DIGEST_HEX[algorithm] === hex.length && /^[0-9a-f]+$/.test(hex);
    if (!isDigest || digest.split(":").length !== 2) return bad(expected, value);
  }
  return value as string;
};

/** A block of addresses, in the form that the server would make of it: `10.0.0.0/8`, `fd00::/8`. */
export const cidr: Reader<string> = (value) => {
  const expected = 'a block of addresses like "10.0.0.0/8" or "fd00::/8"';
  const match = typeof value === "string" ? /^([^/%]+)\/(0|[1-9]\d{0,2})$/.exec(value) : null;
  const [, address = "", length = ""] = match ?? [];
  const bytes = addressBytes(address);
  if (!match || !bytes || Number(length) > bytes.length * 8) return bad(expected, value);
  const masked = bytes.map((byte, at) => byte & (0xff00 >> Math.min(8, Math.max(0, Number(length) - at * 8))) & 0xff);
  const block = `${addressText(masked)}/${length}`;
  if (masked.every((byte, at) => byte === bytes[at])) return block;
  return bad(
    expected,
    value,
    `It has bits set beyond its length. Write "${block}", or all of the address with /${bytes.length * 8}`,
  );
};

function addressBytes(address: string): number[] | undefined {
  if (isIPv4(address)) return address.split(".").map(Number);
  if (!isIPv6(address)) return undefined;
  const [head = "", tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split("::");
  const groups = (part: string) => part.split(":").filter((group) => group !== "");
  const [before, after] = [groups(head), groups(tail ?? "")];
  const all = [...before, ...Array<string>(8 - before.length - after.length).fill("0"), ...after];
  return all.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff]);
}

function addressText(bytes: readonly number[]): string {
  if (bytes.length === 4) return bytes.join(".");
  const groups = Array.from({ length: 8 }, (_, at) => ((bytes[at * 2]! << 8) | bytes[at * 2 + 1]!).toString(16));
  return new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1);
}
