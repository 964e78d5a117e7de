import { equals, fromBinary, toBinary } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { contractPath } from "../../../compiler/emit/proto/proto.ts";
import type { ImportedContract } from "../../../compiler/importers/import.ts";
import { KEYS, valuesOf } from "../emit/arbitrary-values.ts";
import { load } from "../emit/load.ts";
import { compileContracts, contractOf, SOURCES } from "./imported.ts";
import { buildFolder, buildTexts, wireBreaks } from "./proto-descriptors.ts";
import { acceptable, hasUnknown, messagesOf } from "./proto-messages.ts";

const SEED = 20_261_124;
/** protobuf-es keeps maps in plain objects, in which `__proto__` is no key. */
const KEPT_KEYS = KEYS.filter((key) => key !== "__proto__");

/** Files, the full names of their events, and the rules of buf for the wire that an import says it can't keep. */
const CONTRACTS: readonly (readonly [file: string, event: string, ...except: string[]])[] = [
  ["shop/order.proto", "acme.shop.v1.OrderPlaced", "FIELD_SAME_ONEOF"],
  [
    "shop/legacy.proto",
    "acme.legacy.Legacy",
    "FIELD_SAME_DEFAULT",
    "FIELD_WIRE_COMPATIBLE_CARDINALITY",
    "MESSAGE_SAME_REQUIRED_FIELDS",
  ],
  ["shop/edition.proto", "acme.edition.Edited"],
  ["shop/telemetry.proto", "acme.telemetry.v1.Measured", "FIELD_SAME_ONEOF"],
  ["shop/ledger.proto", "acme.ledger.Booked", "FIELD_WIRE_COMPATIBLE_CARDINALITY"],
  ["google/rpc/context/attribute_context.proto", "google.rpc.context.AttributeContext", "FIELD_SAME_ONEOF"],
  ["google/rpc/context/audit_context.proto", "google.rpc.context.AuditContext", "FIELD_SAME_ONEOF"],
  ["google/rpc/error_details.proto", "google.rpc.ErrorInfo"],
  ["google/rpc/error_details.proto", "google.rpc.QuotaFailure"],
  ["google/rpc/error_details.proto", "google.rpc.BadRequest"],
  ["google/rpc/http.proto", "google.rpc.HttpRequest"],
  ["google/logging/type/http_request.proto", "google.logging.type.HttpRequest"],
  ["google/api/quota.proto", "google.api.Quota"],
  ["google/api/metric.proto", "google.api.MetricDescriptor"],
  ["google/api/distribution.proto", "google.api.Distribution", "FIELD_SAME_ONEOF"],
  ["google/type/datetime.proto", "google.type.DateTime", "FIELD_SAME_ONEOF"],
  ["google/type/interval.proto", "google.type.Interval"],
  ["google/type/money.proto", "google.type.Money"],
  ["google/type/phone_number.proto", "google.type.PhoneNumber", "FIELD_SAME_ONEOF"],
  ["google/type/postal_address.proto", "google.type.PostalAddress"],
];

const original = buildFolder(SOURCES);
const contracts: Record<string, ImportedContract> = {};
for (const [i, [file, event]] of CONTRACTS.entries()) contracts[`event-${i}`] = await contractOf(file, { type: event });
const { useCases, outputs } = await compileContracts("proto", contracts, { types: true });
const emitted = buildTexts(
  Object.fromEntries(outputs.filter(({ path }) => path.endsWith(".proto")).map(({ path, text }) => [path, text])),
);

describe.each(CONTRACTS.map(([file, event, ...except], i) => ({ i, file, event, except })))(
  "$event",
  ({ i, event, except }) => {
    const useCase = useCases.get(`event-${i}`)!;
    const before = original.getMessage(event)!;
    const now = emitted.getFile(contractPath(useCase.name))!.messages.find(({ name }) => name === useCase.event.name)!;
    const { encode, decode, validate } = load(useCase);

    test("buf finds no wire break in the emitted contract", () => {
      expect(wireBreaks(before, now, except)).toEqual([]);
    });

    test("what others encode is decoded, is valid, and comes back as it was", () => {
      fc.assert(
        fc.property(messagesOf(before), (message) => {
          const event = decode(toBinary(before, message));
          expect(validate(event)).toBeUndefined();
          const back = fromBinary(before, encode(event));
          expect(equals(before, back, message)).toBe(true);
          expect(hasUnknown(back, before)).toBe(false);
        }),
        { numRuns: 100, seed: SEED },
      );
    });

    test("what is encoded here is understood by others, and comes back as it was", () => {
      fc.assert(
        fc.property(valuesOf(useCase, KEPT_KEYS), (value) => {
          const one = acceptable(value, before);
          const message = fromBinary(before, encode(one));
          expect(hasUnknown(message, before)).toBe(false);
          expect(decode(toBinary(before, message))).toEqual(one);
        }),
        { numRuns: 50, seed: SEED },
      );
    });
  },
);

test("buf finds what is no such contract", () => {
  const [money, address] = ["google.type.Money", "google.type.PostalAddress"].map((name) => original.getMessage(name)!);
  const number = CONTRACTS.findIndex(([, event]) => event === money!.typeName);
  const now = emitted.getFile(contractPath(`event-${number}`))!.messages[0]!;
  expect(wireBreaks(money!, now, [])).toEqual([]);
  expect(wireBreaks(address!, now, []).join("\n")).toContain("changed type");
});
