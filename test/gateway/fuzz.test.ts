import { expect, test } from "vitest";
import { deliverWebhook } from "../../generated/deliver-webhook/client.ts";
import { decode as decodeWebhook } from "../../generated/deliver-webhook/codec.ts";
import { indexFile } from "../../generated/index-file/client.ts";
import { decode as decodeFile } from "../../generated/index-file/codec.ts";
import { runFuzz } from "./fuzz/run-fuzz.ts";
import { avroOf, serve, USE_CASES } from "./served.ts";

test("2,000 requests that are wrong in many ways end as a 4xx with a reason, and leave nothing behind", async () => {
  const { gateway, problems } = await serve({
    useCases: [
      ...USE_CASES,
      { client: deliverWebhook, decode: decodeWebhook, avro: avroOf("deliver_webhook") },
      { client: indexFile, decode: decodeFile, avro: avroOf("index_file") },
    ],
  });
  const { answers, faults } = await runFuzz({ port: gateway.port, seed: 16, requests: 2_000, connections: 32 });
  expect(faults).toEqual([]);
  expect(problems).toEqual([]);
  expect(Object.values(answers).reduce((sum, count) => sum + count)).toBe(2_000);
  for (const status of ["202", "400", "404", "405", "415", "417", "431"]) expect(answers).toHaveProperty(status);
  const left = () =>
    gateway.metrics
      .metrics()
      .filter(({ type }) => type === "gauge")
      .map(({ samples }) => samples[0]!.value);
  await expect.poll(left).toEqual([0, 0]);
});
