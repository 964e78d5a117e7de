import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import type { ProducersBroker } from "./producers-broker.ts";

/**
 * Numbers the messages of a connection from behind the number that it is made with, and drops those of a producer's name
 * whose number it has stored already, as Pulsar does: the receipt says that they are stored.
 */
export async function startWebSocketBroker(): Promise<ProducersBroker> {
  const stored: string[] = [];
  const lastOf = new Map<string, number>();
  const sockets = new Set<WebSocket>();
  let held: (() => void)[] = [];
  const server = new WebSocketServer({
    port: 0,
    host: "127.0.0.1",
    verifyClient: (_: unknown, done: (taken: boolean) => void) => {
      if (broker.holdsConnections) held.push(() => done(true));
      else done(true);
    },
  });
  await new Promise((resolve) => server.on("listening", resolve));
  server.on("connection", (socket, request) => {
    const query = new URL(request.url!, "http://broker").searchParams;
    const name = query.get("name")!;
    let number = Number(query.get("last"));
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    socket.on("message", (data) => {
      const { properties, context } = JSON.parse(String(data));
      number += 1;
      if (number > (lastOf.get(name) ?? -1)) {
        lastOf.set(name, number);
        stored.push(properties["fivefold-id"]);
      }
      if (!broker.losesReceipts) socket.send(JSON.stringify({ result: "ok", messageId: "", context }));
    });
  });
  const broker: ProducersBroker = {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    stored,
    losesReceipts: false,
    holdsConnections: false,
    get heldConnections() {
      return held.length;
    },
    letIn() {
      broker.holdsConnections = false;
      for (const go of held) go();
      held = [];
    },
    cut() {
      for (const socket of sockets) socket.terminate();
    },
    async close() {
      broker.letIn();
      broker.cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return broker;
}
