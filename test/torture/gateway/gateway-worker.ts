import { readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { topicOf } from "../../../runtime/contract/contract.ts";
import { type GatewayUseCase, startGateway } from "../../../runtime/gateway.ts";
import { topicsOf } from "../../../runtime/ports/topics.ts";
import { connectMemory } from "../../../runtime/testing/memory-connection.ts";

/*
 * A gateway under attack, in a process of its own, on stores in its memory; what it takes is consumed at once, so that it does
 * not grow by that. Tells of all that must not happen, and, when asked, of what it holds.
 */

const NAMES = ["deliver-webhook", "index-file", "place-order", "post-ledger-entry", "send-reminder"];
const troubles: string[] = [];
process.on("unhandledRejection", (error) => troubles.push(`unhandled rejection: ${error}`));
process.on("uncaughtException", (error) => troubles.push(`uncaught exception: ${error.stack}`));
process.on("warning", (warning) => troubles.push(`warning: ${warning.message}`));

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

const useCases = await Promise.all(
  NAMES.map(async (name): Promise<GatewayUseCase> => {
    const folder = `../../../generated/${name}`;
    const [clients, codec] = await Promise.all([import(`${folder}/client.ts`), import(`${folder}/codec.ts`)]);
    const avro = JSON.parse(readFileSync(`generated/contracts/${name.replaceAll("-", "_")}.avsc`, "utf8"));
    return { client: Object.values(clients)[0] as GatewayUseCase["client"], decode: codec.decode, avro };
  }),
);
const connection = connectMemory();
const gateway = await startGateway({
  connection,
  useCases,
  host: "127.0.0.1",
  port: 0,
  // Little, so that it is used up.
  roomBytes: 8 * 1_048_576,
  requests: 200,
  reportProblem: ({ message }) => troubles.push(`reported: ${message}`),
});
const { transport } = connection.ports;
for (const settings of gateway.useCases) {
  await transport.declare(topicsOf(settings));
  for (const { name } of settings.subscribers) void consume(topicOf(settings.name, settings.priority), name);
}

async function consume(topic: string, subscription: string): Promise<void> {
  const consumer = await transport.subscribe(topic, subscription, "shared");
  for (;;) await consumer.acknowledge(await consumer.receive(1_000));
}

process.on("message", async () => {
  // What is swept is not held.
  while ((await connection.ports.dedupeStore.sweep(Date.now() + 2 * 86_400_000)) > 0);
  collect();
  const gauges = gateway.metrics.metrics().filter(({ type }) => type === "gauge");
  const held = Object.fromEntries(gauges.map(({ name, samples }) => [name, samples[0]!.value]));
  process.send!({ troubles: troubles.splice(0), heapBytes: process.memoryUsage().heapUsed, held });
});
process.send!({ port: gateway.port });
