import { createHash, timingSafeEqual } from "node:crypto";
import { FivefoldError } from "../contract/errors.ts";

/** Who may send events of which use cases. */
export interface Tokens {
  /** The use cases that a token of `<producer>.<secret>` may send to; `undefined`: it is none. */
  check(token: string): Grant | undefined;
  readonly producers: number;
}

export interface Grant {
  readonly producer: string;
  /** `"*"`: all. */
  readonly useCases: ReadonlySet<string>;
}

interface Entry extends Grant {
  readonly digest: Buffer;
}

const PRODUCER = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/;
const DIGEST = /^[0-9a-f]{64}$/;
/** Tokens that one producer has at a time: each is compared for each of its requests. */
const MOST_PER_PRODUCER = 16;
const LONGEST_TOKEN = 512;
/** What a producer that is not there is compared with, so that time does not tell. */
const NOBODY: readonly Entry[] = [{ producer: "", useCases: new Set(), digest: Buffer.alloc(32) }];

/**
 * Reads `{ "tokens": [{ "producer": "billing", "useCases": ["place-order"], "sha256": "…" }] }`: the hash of a whole token,
 * `<producer>.<secret>`, in hexadecimal. Throws a FivefoldError (`invalid-option`) that names the place.
 */
export function readTokens(text: string, from: string): Tokens {
  const byProducer = new Map<string, Entry[]>();
  for (const [i, entry] of listIn(text, from).entries()) {
    const read = readEntry(entry, `${from}: tokens[${i}]`);
    const others = byProducer.get(read.producer) ?? [];
    if (others.length >= MOST_PER_PRODUCER) {
      throw invalid(
        `${from}: '${read.producer}' has more than ${MOST_PER_PRODUCER} tokens. Remove those that are not used.`,
      );
    }
    byProducer.set(read.producer, [...others, read]);
  }
  return {
    producers: byProducer.size,
    check(token) {
      if (token.length > LONGEST_TOKEN) return undefined;
      const digest = createHash("sha256").update(token).digest();
      let found: Entry | undefined;
      // All of them, whichever it is, and each in constant time.
      for (const entry of byProducer.get(token.slice(0, token.indexOf("."))) ?? NOBODY) {
        if (timingSafeEqual(entry.digest, digest)) found = entry;
      }
      return found;
    },
  };
}

function listIn(text: string, from: string): readonly unknown[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw invalid(`${from} is no JSON: ${(cause as Error).message}.`);
  }
  const list = (value as { tokens?: unknown } | null)?.tokens;
  if (Array.isArray(list)) return list;
  throw invalid(
    `${from} must be an object with a list 'tokens'; \`fivefold new-token <producer>\` prints what goes into it.`,
  );
}

function readEntry(entry: unknown, where: string): Entry {
  const { producer, useCases, sha256 } = (entry ?? {}) as Record<string, unknown>;
  if (typeof producer !== "string" || !PRODUCER.test(producer)) {
    throw invalid(`${where}.producer must be 1 to 64 lower-case letters, digits and hyphens.`);
  }
  if (!Array.isArray(useCases) || useCases.length === 0 || !useCases.every((name) => typeof name === "string")) {
    throw invalid(`${where}.useCases must be a list of use cases' names, or ["*"] for all.`);
  }
  if (typeof sha256 !== "string" || !DIGEST.test(sha256)) {
    throw invalid(`${where}.sha256 must be the SHA-256 of a token, in 64 hexadecimal digits.`);
  }
  return { producer, useCases: new Set(useCases), digest: Buffer.from(sha256, "hex") };
}

function invalid(message: string): FivefoldError {
  return new FivefoldError("invalid-option", message);
}
