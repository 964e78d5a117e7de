import type { AddressInfo } from "node:net";
import { createConnection, createServer, type Socket } from "node:net";

/** A TCP proxy whose connections a test can break. */
export interface FlakyProxy {
  readonly port: number;
  /** Connections accepted since the start. */
  readonly accepted: number;
  /** Ends all connections, as a load balancer does that goes away. */
  cut(): void;
  close(): Promise<void>;
}

export async function startFlakyProxy(toPort: number): Promise<FlakyProxy> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  const server = createServer((from) => {
    accepted += 1;
    const to = createConnection(toPort, "127.0.0.1");
    for (const socket of [from, to]) {
      sockets.add(socket);
      // The other side of a connection that was cut fails too.
      socket.on("error", () => {});
      socket.on("close", () => {
        sockets.delete(socket);
        from.destroy();
        to.destroy();
      });
    }
    from.pipe(to);
    to.pipe(from);
  });
  const cut = () => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    get accepted() {
      return accepted;
    },
    cut,
    async close() {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
