import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { deliverWebhook } from "../../../generated/deliver-webhook/client.ts";
import { decode as decodeWebhook } from "../../../generated/deliver-webhook/codec.ts";
import { placeOrder } from "../../../generated/place-order/client.ts";
import { decode as decodeOrder } from "../../../generated/place-order/codec.ts";
import { connect } from "../../../runtime/connection.ts";
import { startGateway } from "../../../runtime/gateway.ts";
import { connectMemory } from "../../../runtime/testing/memory-connection.ts";

/*
 * One side of the gateway's bench, in a process of its own: `bare`, a route of Node's HTTP server that parses JSON and answers;
 * `memory` and `embedded`, the gateway on stores in its memory, and on the disk in the folder of FIVEFOLD_DATA. Told "cpu", it
 * tells the CPU that it has used so far, in µs.
 */

const [side = "", tokens] = process.argv.slice(2);
process.on("message", () => {
  const { user, system } = process.cpuUsage();
  process.send!({ cpuMicros: user + system });
});
process.send!({ port: side === "bare" ? await serveBare() : await serveGateway() });

async function serveBare(): Promise<number> {
  const server = createServer(async (request, response) => {
    JSON.parse(await bodyOf(request));
    const body = JSON.stringify({ id: "0123456789abcd-1", duplicate: false });
    response.writeHead(202, { "content-type": "application/json", "content-length": body.length });
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

function bodyOf(request: IncomingMessage): Promise<string> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => resolve(Buffer.concat(chunks).toString()));
  });
}

async function serveGateway(): Promise<number> {
  const avroOf = (name: string) => JSON.parse(readFileSync(`generated/contracts/${name}.avsc`, "utf8"));
  const { port } = await startGateway({
    connection: side === "memory" ? connectMemory() : await connect(),
    useCases: [
      { client: placeOrder, decode: decodeOrder, avro: avroOf("place_order") },
      { client: deliverWebhook, decode: decodeWebhook, avro: avroOf("deliver_webhook") },
    ],
    host: "127.0.0.1",
    port: 0,
    tokens,
    reportProblem: ({ message }) => process.emitWarning(message),
  });
  return port;
}
