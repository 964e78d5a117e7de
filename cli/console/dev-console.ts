import { type ChildProcess, fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createServer, type Socket } from "node:net";

/** The console of `fivefold dev`, on this machine alone. */
export interface DevConsole {
  /** With the token that lets in whoever has it. */
  readonly address: string;
  /** The project was built anew: the next who looks sees that. */
  renew(): void;
  close(): void;
}

export interface DevConsoleOptions {
  readonly root: string;
  readonly dataFolder: string;
  /** 0: any that is free. */
  readonly port: number;
}

const LOOPBACK = "127.0.0.1";

/**
 * Listens, and hands each connection to a process that is started when somebody looks, and again after a build: so the
 * address stays, a console that nobody opens costs nothing, and one that works hard holds up neither builds nor workers.
 */
export async function startDevConsole({ root, dataFolder, port }: DevConsoleOptions): Promise<DevConsole> {
  const token = randomBytes(32).toString("base64url");
  let child: ChildProcess | undefined;
  const server = createServer({ pauseOnConnect: true }, (socket) => hand(socket));

  function hand(socket: Socket): void {
    socket.on("error", () => {});
    child ??= startChild();
    child.send("connection", socket, {}, (error) => {
      if (error) socket.destroy();
    });
  }

  function startChild(): ChildProcess {
    const words = ["console-of-dev", "--root", root, "--data", dataFolder];
    const { port: listening } = server.address() as { port: number };
    const started = fork(process.argv[1] as string, words, {
      env: { ...process.env, FIVEFOLD_CONSOLE_TOKEN: token, FIVEFOLD_CONSOLE_PORT: String(listening) },
      stdio: ["ignore", 2, 2, "ipc"],
    });
    const gone = () => {
      if (child === started) child = undefined;
    };
    started.once("exit", gone).once("error", gone);
    return started;
  }

  const listen = (at: number) =>
    new Promise<void>((resolve, reject) => {
      server.once("error", reject).listen(at, LOOPBACK, () => {
        server.removeListener("error", reject);
        resolve();
      });
    });
  // Another project may run on this machine.
  await listen(port).catch(() => listen(0));
  server.unref();
  return {
    address: `http://${LOOPBACK}:${(server.address() as { port: number }).port}/?token=${token}`,
    renew() {
      child?.kill("SIGTERM");
      child = undefined;
    },
    close() {
      server.close();
      child?.kill("SIGTERM");
      child = undefined;
    },
  };
}
