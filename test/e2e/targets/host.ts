/* A host of a service: behaves as its parent tells it to, and tells how many requests it got. */
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

let behaviour = "well";
let requests = 0;
/** Ids of tasks that were answered as done. */
const done: string[] = [];

const server = createServer(async (request, response) => {
  request.resume();
  await new Promise((resolve) => request.on("end", resolve));
  requests++;
  const id = String(request.headers["ce-id"]);
  response.on("error", () => {});
  switch (behaviour) {
    case "slow":
      await sleep(1_500);
      break;
    case "500":
    case "429":
      return response.writeHead(Number(behaviour)).end("no");
    case "redirects":
      return response.writeHead(307, { location: "http://169.254.169.254/latest/meta-data/" }).end();
    case "garbage":
      return response.socket?.end("\0\u0001 garbage\r\n\r\n");
    case "never":
      return undefined;
    case "huge":
      response.writeHead(500);
      while (!response.destroyed) if (!response.write("x".repeat(65_536))) await sleep(1);
      return undefined;
    default:
      await sleep(4);
  }
  done.push(id);
  return response.writeHead(204).end();
});
server.keepAliveTimeout = 60_000;
server.listen(Number(process.argv[2]), "127.0.0.1", () => {
  process.send?.({ port: (server.address() as { port: number }).port });
});
process.on("message", (message: { behaviour?: string }) => {
  if (message.behaviour !== undefined) behaviour = message.behaviour;
  process.send?.({ requests, done: done.splice(0) });
  requests = 0;
});
process.on("disconnect", () => process.exit());
