import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts } from "./free-ports.ts";
import { type Program, startProgram } from "./program.ts";
import { installPulsarClasses } from "./pulsar-classes.ts";
import { installPulsarBroker } from "./pulsar-install.ts";
import { preparePulsar } from "./pulsar-java.ts";
import { signPulsarToken } from "./pulsar-token.ts";

/** 4 s on a quiet machine, 10 to 20 on a busy one. */
const READY_WITHIN_MS = 90_000;
/**
 * A broker that failed to load a topic within its 60 s says so of it for as long as it lives, also of the one that its
 * health is asked by (apache/pulsar#26457). It is then started again, as an orchestrator's probe of its health has it.
 */
const STARTS = 3;
const ADMIN_ROLE = "admin";

export interface PulsarBrokerOptions {
  /** Default `standalone`. */
  readonly clusterName?: string;
  /** `token`: only who holds a token that `secretKey` signed may connect, and permissions count. Default `none`. */
  readonly auth?: "none" | "token";
  /** Compiles to its full speed, for what measures it. Default false: starts with half the work. */
  readonly isMeasured?: boolean;
  /** Lines of the broker's configuration file, over those set here. */
  readonly config?: Readonly<Record<string, string | number | boolean>>;
}

export interface PulsarBroker {
  readonly clusterName: string;
  /** `pulsar://…`, for Pulsar's clients. */
  readonly serviceUrl: string;
  /** `http://…`, without a path: append `/admin/v2/…`. */
  readonly adminUrl: string;
  /** `ws://…`, without a path: append `/ws/v2/producer|consumer|reader/…`. */
  readonly webSocketUrl: string;
  /** What signs tokens. Absent without `auth: "token"`. */
  readonly secretKey?: Buffer;
  /** The super user's token. Absent without `auth: "token"`. */
  readonly adminToken?: string;
  /** What it printed. Gone after `stop`. */
  readonly log: string;
  /** The running broker's process. */
  pid(): number;
  /** A token for a role of its own choice. Throws without `auth: "token"`. */
  tokenFor(role: string, expiresInSeconds?: number): string;
  /** A request to the admin REST API as super user. Another status than 2xx is an error that holds the answer's text. */
  admin(method: string, path: string, body?: unknown): Promise<unknown>;
  /** SIGKILL: what a crash of the machine's process does. Data stays. */
  kill(): Promise<void>;
  /** Starts it again on the same data and ports, after stopping it where it still runs. Resolves once it serves. */
  restart(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

/** Starts a real broker with its own storage, on loopback and free ports. Resolves once topics can be made. */
export async function startPulsarBroker(options: PulsarBrokerOptions = {}): Promise<PulsarBroker> {
  const { clusterName = "standalone", auth = "none", isMeasured = false } = options;
  const jars = await installPulsarBroker();
  const classes = await installPulsarClasses();
  const [brokerPort, webPort, bookiePort] = (await freePorts(3)) as [number, number, number];
  const folder = await mkdtemp(join(tmpdir(), "fivefold-pulsar-"));
  const log = join(folder, "broker.log");
  const secretKey = auth === "token" ? randomBytes(32) : undefined;
  const adminToken = secretKey && signPulsarToken(secretKey, ADMIN_ROLE);
  const adminUrl = `http://127.0.0.1:${webPort}`;

  const args = await preparePulsar({
    jars,
    folder,
    ports: { broker: brokerPort, web: webPort, bookie: bookiePort },
    config: {
      clusterName,
      // The default of a second would be most of what a test of short delays measures.
      delayedDeliveryTickTimeMillis: 50,
      brokerDeleteInactiveTopicsEnabled: false,
      ...(secretKey && adminToken ? tokenSettings(secretKey, adminToken) : {}),
      ...options.config,
    },
    options: [`-XX:SharedArchiveFile=${classes}`, ...(isMeasured ? [] : ["-XX:TieredStopAtLevel=1"])],
  });

  const admin = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(`${adminUrl}${path}`, {
      method,
      headers: {
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(adminToken ? { authorization: `Bearer ${adminToken}` } : {}),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(30_000),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} was answered ${response.status}: ${text}`);
    return parsed(text);
  };

  const start = () =>
    startProgram({
      name: `the Pulsar broker '${clusterName}'`,
      command: "java",
      args,
      cwd: folder,
      log,
      readyWithinMs: READY_WITHIN_MS,
      starts: STARTS,
      async ready() {
        await admin("GET", "/admin/v2/brokers/health");
        // Health comes before the namespace that a client's first topic is made in.
        const namespaces = await admin("GET", "/admin/v2/namespaces/public");
        const made = Array.isArray(namespaces) && namespaces.includes("public/default");
        return made ? undefined : "the namespace public/default is not there yet";
      },
    });

  let program: Program;
  try {
    program = await start();
  } catch (cause) {
    await rm(folder, { recursive: true, force: true });
    throw cause;
  }

  return {
    clusterName,
    serviceUrl: `pulsar://127.0.0.1:${brokerPort}`,
    adminUrl,
    webSocketUrl: `ws://127.0.0.1:${webPort}`,
    ...(secretKey && adminToken ? { secretKey, adminToken } : {}),
    log,
    pid: () => program.pid,
    tokenFor(role, expiresInSeconds) {
      if (!secretKey) throw new Error(`The broker '${clusterName}' reads no tokens: start it with auth: "token"`);
      return signPulsarToken(secretKey, role, expiresInSeconds);
    },
    admin,
    kill: () => program.kill(),
    async restart() {
      await program.stop();
      program = await start();
    },
    async stop() {
      // Its data is removed next, so that there is nothing to close in order.
      await program.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The broker calls some plain words JSON, such as the `ok` of its health. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function tokenSettings(secretKey: Buffer, adminToken: string): Record<string, string | boolean> {
  return {
    authenticationEnabled: true,
    authorizationEnabled: true,
    authenticationProviders: "org.apache.pulsar.broker.authentication.AuthenticationProviderToken",
    tokenSecretKey: `data:;base64,${secretKey.toString("base64")}`,
    superUserRoles: ADMIN_ROLE,
    // The broker is its own client: it makes the first namespace, checks its health and serves the WebSocket API.
    brokerClientAuthenticationPlugin: "org.apache.pulsar.client.impl.auth.AuthenticationToken",
    brokerClientAuthenticationParameters: `token:${adminToken}`,
  };
}
