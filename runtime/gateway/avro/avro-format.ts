import { describeThrown } from "../../contract/thrown.ts";
import { type Format, malformedBody, refuseMany } from "../formats.ts";
import { AvroCursor } from "./avro-cursor.ts";
import { avroReader } from "./avro-reader.ts";
import { type AvroSchema, canonicalForm, fingerprintOf } from "./avro-schema.ts";

/** Before the fingerprint of a single object's schema. */
const SINGLE_OBJECT = Buffer.from([0xc3, 0x01]);
const CONTAINER = Buffer.from("Obj\u0001");
const SYNC_BYTES = 16;

/**
 * Avro with the schema that wrote it, since bytes of another version may be read as an event that nobody meant: single objects,
 * and for batches object container files. Both name the schema; it must be the contract.
 */
export function avroFormat(schema: AvroSchema): Format {
  const read = avroReader(schema);
  const form = canonicalForm(schema);
  const fingerprint = fingerprintOf(schema);
  const sent = `${fingerprint.toString("hex")}`;

  function one(body: Buffer): unknown {
    if (!body.subarray(0, 2).equals(SINGLE_OBJECT) || body.length < 10) {
      throw malformedBody(
        "An event in Avro is a single object: C3 01, its schema's CRC-64-AVRO fingerprint, the event.",
      );
    }
    const own = body.subarray(2, 10);
    if (!own.equals(fingerprint)) {
      throw malformedBody(
        `The event was written by a schema of fingerprint ${own.toString("hex")}; the contract's is ${sent}.`,
      );
    }
    return whole(body.subarray(10), "The body");
  }

  function whole(bytes: Buffer, where: string): unknown {
    return reading(where, () => {
      const cursor = new AvroCursor(bytes);
      const event = read(cursor);
      if (cursor.left > 0) throw new Error(`${cursor.left} bytes follow its end`);
      return event;
    });
  }

  return {
    one,
    many: (body, most) =>
      reading("The body", () => {
        const events: unknown[] = [];
        const cursor = new AvroCursor(body);
        const sync = readHeader(cursor, form);
        while (cursor.left > 0) {
          const count = cursor.size();
          refuseMany(events.length + count, most);
          const block = cursor.part(cursor.size());
          for (let i = 0; i < count; i++) events.push(read(block));
          if (block.left > 0) throw new Error("a block has bytes behind its last event");
          if (!cursor.raw(SYNC_BYTES).equals(sync)) throw new Error("a block does not end with the file's sync marker");
        }
        return events;
      }),
  };
}

function reading<T>(where: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    // What a reader throws says what it found; another Problem says all.
    if (error instanceof Error && "parts" in error) throw error;
    throw malformedBody(`${where} is no event in Avro: ${describeThrown(error)}.`);
  }
}

/** Reads a container file's header, and returns its sync marker. */
function readHeader(cursor: AvroCursor, form: string): Buffer {
  if (!cursor.raw(CONTAINER.length).equals(CONTAINER)) throw new Error("a batch is an object container file");
  const header = new Map<string, Buffer>();
  for (let count = cursor.size(); count > 0; count = cursor.size()) {
    cursor.count(count);
    for (let i = 0; i < count; i++) header.set(cursor.text(), cursor.raw(cursor.size()));
  }
  const codec = header.get("avro.codec")?.toString("latin1") ?? "null";
  if (codec !== "null") throw new Error("the file is compressed; the gateway takes the codec 'null' alone");
  const schema = header.get("avro.schema");
  if (schema === undefined) throw new Error("the file has no schema");
  if (canonicalForm(JSON.parse(schema.toString("utf8")) as AvroSchema) !== form) {
    throw new Error("the file's schema is not the contract");
  }
  return cursor.raw(SYNC_BYTES);
}
