import { fromBinary, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { emitProto } from "../../../compiler/emit/proto/proto.ts";
import type { UseCase } from "../../../compiler/model/model.ts";
import { runs } from "../../property-runs.ts";
import { model } from "./arbitrary.ts";
import { KEYS, valuesOf } from "./arbitrary-values.ts";
import { load } from "./load.ts";
import { EVERYTHING, GENERATE_THUMBNAIL } from "./models.ts";
import { compileContracts, converter } from "./protobuf-es.ts";

const SEED = 20_261_124;

const useCases: readonly UseCase[] = [
  GENERATE_THUMBNAIL,
  EVERYTHING,
  ...fc.sample(model, { ...runs(60), seed: SEED }).map((useCase, i) => ({ ...useCase, name: `sample-${i}` })),
  { ...GENERATE_THUMBNAIL, name: "google" },
];
const { registry, lint } = compileContracts(useCases.map(emitProto));

test("buf has nothing to say against the contracts", () => expect(lint).toEqual([]));

describe("@bufbuild/protobuf", () => {
  test.each(useCases)("reads what $name encodes, and writes what it decodes", (useCase) => {
    const { event, name } = useCase;
    const desc = registry.getMessage(`fivefold.${name.replaceAll("-", "_")}.v1.${event.name}`)!;
    const { toMessage, fromMessage } = converter(event);
    const { encode, decode } = load(useCase);
    // protobuf-es keeps maps in plain objects, in which `__proto__` is no key, and takes minus zero for zero.
    const keys = KEYS.filter((key) => key !== "__proto__");
    const values = valuesOf(useCase, keys).filter((value) => !mentions(value, (part) => Object.is(part, -0)));
    for (const value of fc.sample(values, { numRuns: 10, seed: SEED })) {
      expect(fromMessage(fromBinary(desc, encode(value)), desc)).toEqual(value);
      expect(decode(toBinary(desc, toMessage(value, desc)))).toEqual(value);
      // Maps have no order on the wire; ours is that of the keys.
      if (!mentions(event, isRecord))
        expect(Buffer.from(toBinary(desc, toMessage(value, desc)))).toEqual(Buffer.from(encode(value)));
    }
  });
});

function isRecord(part: unknown): boolean {
  return typeof part === "object" && part !== null && "kind" in part && part.kind === "record";
}

/** Whether a part of the value is such. */
function mentions(value: unknown, isSuch: (part: unknown) => boolean): boolean {
  if (isSuch(value)) return true;
  return typeof value === "object" && value !== null && Object.values(value).some((part) => mentions(part, isSuch));
}
