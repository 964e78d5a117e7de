import { connect, type Socket } from "node:net";

/** What a load came to. */
export interface Load {
  readonly requests: number;
  readonly wallMs: number;
  /** From request to answer, of the slowest in a hundred. */
  readonly p99Ms: number;
}

/** The bytes of a POST of that body. */
export function postOf(path: string, contentType: string, body: string | Uint8Array, token?: string): Buffer {
  const head =
    `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: ${contentType}\r\n` +
    `Content-Length: ${Buffer.byteLength(body)}\r\n${token ? `Authorization: Bearer ${token}\r\n` : ""}\r\n`;
  return Buffer.concat([Buffer.from(head), Buffer.from(body)]);
}

/** Sends the same request on each of so many connections, the next one once the last is answered. Throws on another status. */
export async function runLoad(port: number, post: Buffer, connections: number, forMs: number): Promise<Load> {
  const startedAt = performance.now();
  const latencies: number[] = [];
  const senders = Array.from({ length: connections }, () => send(port, post, startedAt + forMs, latencies));
  await Promise.all(senders);
  const wallMs = performance.now() - startedAt;
  latencies.sort((a, b) => a - b);
  return { requests: latencies.length, wallMs, p99Ms: latencies[Math.floor(latencies.length * 0.99)] ?? 0 };
}

function send(port: number, post: Buffer, until: number, latencies: number[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect(port, "127.0.0.1", next);
    let sentAt = 0;
    let answer = "";
    socket.setNoDelay(true).setEncoding("latin1");
    function next(): void {
      if (performance.now() >= until) {
        socket.end();
        resolve();
        return;
      }
      sentAt = performance.now();
      socket.write(post);
    }
    socket.on("data", (text) => {
      answer += text;
      const headEnd = answer.indexOf("\r\n\r\n");
      if (headEnd < 0) return;
      const length = Number(/content-length: (\d+)/i.exec(answer)?.[1]);
      if (answer.length < headEnd + 4 + length) return;
      if (!answer.startsWith("HTTP/1.1 202")) reject(new Error(answer));
      answer = "";
      latencies.push(performance.now() - sentAt);
      next();
    });
    socket.on("error", reject);
  });
}
