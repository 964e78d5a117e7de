import { isUtf8 } from "node:buffer";
import type { ClientContract } from "../contract/contract.ts";
import { InvalidEventError, type Violation } from "../contract/errors.ts";
import { describeThrown } from "../contract/thrown.ts";
import { Problem } from "./problem.ts";

/** How a body's bytes become events. What they hold the frontend validates. */
export interface Format {
  one(body: Buffer): unknown;
  /** At most `most`. */
  many(body: Buffer, most: number): readonly unknown[];
}

/** By content type; some have two names. */
export type Formats = ReadonlyMap<string, Format>;

export const JSON_TYPE = "application/json";
export const PROTOBUF_TYPES = ["application/protobuf", "application/x-protobuf"] as const;
export const AVRO_TYPE = "application/avro";
export const LINES_TYPES = ["application/x-ndjson", "application/jsonl"] as const;

const MOST_VIOLATIONS = 100;

export function jsonFormat({ fromJson, settings }: Pick<ClientContract<unknown>, "fromJson" | "settings">): Format {
  return {
    one: (body) => fromJson(parseJson(body)),
    many(body, most) {
      const value = parseJson(body);
      if (!Array.isArray(value)) throw malformedBody("A batch in JSON is an array of events.");
      refuseMany(value.length, most);
      const violations: Violation[] = [];
      const events = value.map((one, index) => {
        if (violations.length >= MOST_VIOLATIONS) return undefined;
        try {
          return fromJson(one);
        } catch (error) {
          if (!(error instanceof InvalidEventError)) throw error;
          violations.push(...error.violations.map((violation) => ({ index, ...violation })));
          return undefined;
        }
      });
      if (violations.length > 0) throw new InvalidEventError(settings.name, violations.slice(0, MOST_VIOLATIONS));
      return events;
    },
  };
}

/** Throws a Problem where the bytes are no JSON in UTF-8. */
export function parseJson(body: Buffer): unknown {
  // What is no UTF-8 would be read as if it had other characters.
  if (!isUtf8(body)) throw malformedBody("The body is no UTF-8.");
  const text = body.toString("utf8");
  try {
    return JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  } catch (error) {
    throw malformedBody(`The body is no JSON: ${placeOf(error as Error)}`);
  }
}

/** V8 quotes what it found, which may be private and anything. */
function placeOf({ message }: Error): string {
  const position = /position (\d+)/.exec(message)?.[1];
  if (position !== undefined) return `it breaks off, or goes on wrongly, at character ${position}.`;
  return message.includes("end of JSON") ? "it breaks off." : "it is malformed.";
}

/** A batch holds each event behind its length as a varint, as protobuf's libraries write delimited messages. */
export function protobufFormat(decode: (payload: Uint8Array) => unknown): Format {
  const read = (bytes: Uint8Array, where: string) => {
    try {
      return decode(bytes);
    } catch (error) {
      throw malformedBody(`${where} is no event in protobuf: ${describeThrown(error)}.`);
    }
  };
  return {
    one: (body) => read(body, "The body"),
    many(body, most) {
      const events: unknown[] = [];
      for (let at = 0; at < body.length; ) {
        refuseMany(events.length + 1, most);
        const { value, next } = readLength(body, at);
        if (value > body.length - next) {
          throw malformedBody(
            `Event [${events.length}] has ${value} bytes by its length, and ${body.length - next} follow.`,
          );
        }
        events.push(read(body.subarray(next, next + value), `Event [${events.length}]`));
        at = next + value;
      }
      return events;
    },
  };
}

function readLength(body: Buffer, from: number): { readonly value: number; readonly next: number } {
  let value = 0;
  for (let i = 0; i < 5 && from + i < body.length; i++) {
    const byte = body[from + i]!;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return { value, next: from + i + 1 };
  }
  throw malformedBody(`A batch in protobuf holds each event behind its length; at byte ${from} there is none.`);
}

export function refuseMany(count: number, most: number): void {
  if (count <= most) return;
  throw new Problem({
    status: 413,
    code: "too-many-events",
    detail: `The batch has more than ${most} events, which are the most. Nothing was stored.`,
    fix: "Send several batches, or a stream.",
  });
}

export function malformedBody(found: string): Problem {
  return new Problem({
    status: 400,
    code: "malformed-body",
    detail: `${found} Nothing was stored.`,
    fix: "Send what openapi.json and the contracts say.",
  });
}
