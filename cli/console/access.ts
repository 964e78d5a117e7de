import { createHash, timingSafeEqual } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { z } from "zod";
import { Fault } from "../../loader/fault.ts";

/** Who looks at the console. A reader sees everything; an operator also changes what runs. */
export interface Person {
  readonly name: string;
  readonly role: "reader" | "operator";
}

/** Knows people by what their requests bring. */
export interface Access {
  /** Who has this token; `undefined`: nobody. */
  byToken(token: string): Person | undefined;
  /** Who this is by what a proxy in front of the console says; `undefined`: it says nothing. */
  byHeaders?(headers: IncomingMessage["headers"]): Person | undefined;
}

const digestOf = (text: string) => createHash("sha256").update(text).digest();

/** One token, for whoever started `fivefold dev`. */
export function singleToken(token: string, name: string): Access {
  const digest = digestOf(token);
  return {
    byToken: (given) => (timingSafeEqual(digestOf(given), digest) ? { name, role: "operator" } : undefined),
  };
}

const FILE = z.strictObject({
  people: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(200),
        role: z.enum(["reader", "operator"]),
        sha256: z.string().regex(/^[0-9a-f]{64}$/, "must be the SHA-256 of a token, in 64 hexadecimal digits"),
      }),
    )
    .min(1),
});

/**
 * `{ "people": [{ "name": "ada", "role": "operator", "sha256": "…" }] }`, which is read again whenever it has changed. One
 * that can't be read any more lets nobody in.
 */
export function tokenFile(path: string): Access {
  let readAt = "";
  let people: readonly (Person & { readonly digest: Buffer })[] = [];

  function read(): void {
    const { mtimeMs, size, ino } = statSync(path);
    const version = `${mtimeMs} ${size} ${ino}`;
    if (version === readAt) return;
    people = FILE.parse(JSON.parse(readFileSync(path, "utf8"))).people.map(({ sha256, ...person }) => ({
      ...person,
      digest: Buffer.from(sha256, "hex"),
    }));
    readAt = version;
  }

  try {
    read();
  } catch (cause) {
    const why = cause instanceof z.ZodError ? z.prettifyError(cause) : (cause as Error).message;
    throw new Fault(
      "usage",
      `The tokens of ${path} can't be read: ${why}. \`fivefold console --help\` shows the form.`,
      {
        cause,
      },
    );
  }
  return {
    byToken(token) {
      try {
        read();
      } catch {
        return undefined;
      }
      const digest = digestOf(token);
      let found: Person | undefined;
      // All of them, whichever it is: time tells nothing.
      for (const person of people) if (timingSafeEqual(person.digest, digest)) found = person;
      return found && { name: found.name, role: found.role };
    },
  };
}

/** A proxy that has asked people who they are, and says so in a header. Nobody but the proxy may reach the console. */
export function proxyHeader(header: string, operators: readonly string[]): Access {
  const name = header.toLowerCase();
  return {
    byToken: () => undefined,
    byHeaders(headers) {
      const given = headers[name];
      if (typeof given !== "string" || given === "") return undefined;
      return { name: given, role: operators.includes(given) ? "operator" : "reader" };
    },
  };
}
