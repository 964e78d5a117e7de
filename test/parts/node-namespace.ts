import { once } from "node:events";
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { join } from "node:path";
import { type Program, type ProgramOptions, startProgram } from "./program.ts";
import { runTool } from "./run-tool.ts";

/** Of the node, inside its network: what pods reach of the machine. */
export const NODE_ADDRESS = "172.31.0.1";

/** Mounts, network and control groups of their own, in which a node runs and of which the machine sees nothing. */
export interface NodeNamespace {
  /** Starts a program in it. */
  start(options: ProgramOptions): Promise<Program>;
  /** Runs a tool in it, to its end. Another exit code than 0 is an error. */
  exec(command: string, args: readonly string[]): Promise<void>;
  /** Lets the machine's own loopback reach a port of the node's. Resolves with the machine's port. */
  expose(port: number, hostPort?: number): Promise<number>;
  /** Lets pods reach a port of the machine's loopback at the node's address. */
  admit(hostPort: number, port: number): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a program whose log has its name. */
export type Run = (
  name: string,
  command: string,
  args: readonly string[],
  ready: () => Promise<string | undefined>,
) => Promise<Program>;

/** By default socat lets five connections wait, and a client that opens more at once is refused. */
const BACKLOG = "backlog=128";

/**
 * Arguments: the file that says it is ready, the process that it is for, and the node's folder. Control groups are of the
 * kernel's first version, mounted afresh: pods then count against the caller's own. What containerd and the network's plugins
 * keep in /run and /var/lib goes with the mounts. Pods outlive what started them, so they are ended here; and where the
 * process that it is for was killed, so is everything else of the node.
 */
const SETUP = `set -e
ip link set lo up
ip link add node0 type bridge
ip addr add ${NODE_ADDRESS}/24 dev node0
ip link set node0 up
ip route add default via 172.31.0.254
sysctl -qw net.ipv4.ip_forward=1
mount --make-rprivate /
umount -l /sys/fs/cgroup
mount -t tmpfs -o mode=755 cgroup /sys/fs/cgroup
for name in cpu cpuacct cpuset memory devices freezer blkio pids; do
  mkdir /sys/fs/cgroup/$name
  mount -t cgroup -o $name cgroup /sys/fs/cgroup/$name
done
mkdir /sys/fs/cgroup/systemd
mount -t cgroup -o none,name=systemd cgroup /sys/fs/cgroup/systemd
for path in /run /var/lib; do mount -t tmpfs -o mode=755 node $path; done
mount --make-rshared /
end() {
  set +e
  own=$(readlink /proc/$$/ns/net)
  for process in /proc/[0-9]*; do
    id=\${process#/proc/}
    [ $id != $$ ] && [ "$(readlink $process/ns/net)" = "$own" ] && kill -KILL $id
  done
  find /sys/fs/cgroup -path "*/kubepods*" -name cgroup.procs -exec cat {} + | sort -u | xargs -r kill -KILL
  sleep 1
  find /sys/fs/cgroup -depth -type d -path "*/kubepods*" -exec rmdir {} \\;
}
trap 'end; exit' TERM
touch "$1"
while kill -0 "$2"; do sleep 1; done
end
awk -v below="$3/" 'index($2, below) == 1 { print $2 }' /proc/self/mounts | sort -r | xargs -r umount -l
rm -rf --one-file-system "$3"`;

export async function createNodeNamespace(folder: string): Promise<NodeNamespace> {
  const ready = join(folder, "namespace-ready");
  const holder = await startProgram({
    name: "the node's namespaces",
    command: "unshare",
    args: ["-m", "-n", "-C", "bash", "-c", SETUP, "setup", ready, String(process.pid), folder],
    log: join(folder, "namespace.log"),
    readyWithinMs: 20_000,
    ready: async () => (existsSync(ready) ? undefined : "they are not set up yet"),
  });
  const stops: (() => Promise<unknown>)[] = [];
  const start = (options: ProgramOptions) =>
    startProgram({
      ...options,
      command: "nsenter",
      args: ["-t", String(holder.pid), "-m", "-n", "-C", options.command, ...options.args],
    });

  const exec = (command: string, args: readonly string[]) =>
    runTool("nsenter", ["-t", String(holder.pid), "-m", "-n", "-C", command, ...args], {
      cwd: folder,
      log: join(folder, "tools.log"),
      patient: false,
    });

  /** In the node's network, since sockets in files are seen in both. */
  const relayInside = async (name: string, from: string, to: string, isThere: () => boolean) => {
    const relay = await start({
      name: `the relay ${name}`,
      command: "socat",
      args: [from, to],
      log: join(folder, `relay-${name}.log`),
      readyWithinMs: 20_000,
      ready: async () => (isThere() ? undefined : "it does not listen yet"),
    });
    stops.push(relay.stop);
  };
  const relayOutside = async (
    open: (server: Server) => void,
    to: { port: number; host: string } | { path: string },
  ) => {
    const server = createServer((client) => {
      const other = connect(to as { path: string });
      client.pipe(other).pipe(client);
      client.on("error", () => other.destroy());
      other.on("error", () => client.destroy());
    });
    open(server);
    await once(server, "listening");
    stops.push(async () => server.close());
    return server;
  };

  return {
    start,
    exec,
    async expose(port, hostPort = 0) {
      const path = join(folder, `out-${port}.sock`);
      await relayInside(`out-${port}`, `UNIX-LISTEN:${path},fork,${BACKLOG}`, `TCP:127.0.0.1:${port}`, () =>
        existsSync(path),
      );
      const server = await relayOutside((one) => one.listen(hostPort, "127.0.0.1"), { path });
      return (server.address() as { port: number }).port;
    },
    async admit(hostPort, port) {
      const path = join(folder, `in-${port}.sock`);
      await rm(path, { force: true });
      await relayOutside((one) => one.listen(path), { port: hostPort, host: "127.0.0.1" });
      const address = `TCP-LISTEN:${port},bind=${NODE_ADDRESS},fork,reuseaddr,${BACKLOG}`;
      await relayInside(`in-${port}`, address, `UNIX-CONNECT:${path}`, () => true);
    },
    async stop() {
      for (const end of stops.splice(0).reverse()) await end();
      await holder.stop();
    },
  };
}
