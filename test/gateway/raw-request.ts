import { connect } from "node:net";

/** What a server answers on a connection of its own to these bytes, until it closes it or `withinMs` have passed. */
export function rawRequest(port: number, parts: readonly (string | Uint8Array)[], withinMs = 5_000): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    let answer = "";
    const timer = setTimeout(() => socket.destroy(), withinMs);
    socket.setEncoding("utf8").on("data", (text) => {
      answer += text;
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      clearTimeout(timer);
      resolve(answer);
    });
    for (const part of parts) socket.write(part);
  });
}
