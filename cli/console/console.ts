import { Fault } from "../../loader/fault.ts";
import { auditFileOf } from "../commands/audit-log.ts";
import { endSignal, readPort, staysUntil } from "../commands/start.ts";
import { openStores, type StoreOptions } from "../stores.ts";
import { say } from "../terminal.ts";
import { type Access, proxyHeader, tokenFile } from "./access.ts";
import { readAssets } from "./assets.ts";
import { type ConsoleApi, createConsoleApi } from "./console-api.ts";
import { createConsoleServer } from "./console-server.ts";

export interface ConsoleOptions extends StoreOptions {
  readonly tokens?: string;
  readonly userHeader?: string;
  readonly operators?: readonly string[];
  readonly port: string;
  readonly host?: string;
  readonly publicUrl?: string;
  readonly audit?: string;
}

const LOOPBACK = "127.0.0.1";

/** `fivefold console`: serves the pages for people, on the stores that the environment names, until it is told to end. */
export async function serveConsole(options: ConsoleOptions): Promise<void> {
  const port = readPort(options.port, "--port");
  const { access, host } = readAccess(options);
  const own = options.publicUrl === undefined ? undefined : readUrl(options.publicUrl);
  const assets = readAssets();
  const opened = await openConsole(options, options.audit);
  const ended = endSignal();
  let listening = port;
  const server = createConsoleServer({
    ...{ access, assets, openApi: async () => opened.api, secure: own?.protocol === "https:" },
    hosts: () => (own ? [own.host] : loopbackHosts(listening)),
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(port, host, resolve)).catch(
    (cause: Error) => {
      throw new Fault(
        "environment",
        `The console can't listen on ${host}:${port}: ${cause.message}. Name another --port.`,
        {
          cause,
        },
      );
    },
  );
  listening = (server.address() as { port: number }).port;
  say(`the console is at ${own?.origin ?? `http://${host}:${listening}`}`);
  say(`${await staysUntil(ended)}: ends`);
  server.close();
  server.closeAllConnections();
  await opened.close();
}

export const loopbackHosts = (port: number) => [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`];

function readAccess({ tokens, userHeader, operators = [], host }: ConsoleOptions): { access: Access; host: string } {
  if ((tokens === undefined) === (userHeader === undefined)) {
    throw new Fault(
      "usage",
      "Say who may look: --tokens names a file of people and the hashes of their tokens, --user-header the header in " +
        "which a proxy says who they are.",
    );
  }
  if (tokens !== undefined) return { access: tokenFile(tokens), host: host ?? LOOPBACK };
  if (host !== undefined && !/^(127\.\d+\.\d+\.\d+|::1|localhost)$/.test(host)) {
    throw new Fault(
      "usage",
      `Whoever reaches ${host} could send '${userHeader}' themselves: with --user-header the console listens on this ` +
        "machine's loopback alone. Run the proxy beside it, in one Pod.",
    );
  }
  return { access: proxyHeader(userHeader!, operators), host: host ?? LOOPBACK };
}

function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^https?:$/.test(url.protocol)) return url;
  throw new Fault("usage", `--public-url takes an address like https://console.example.com; found '${text}'.`);
}

interface OpenedConsole {
  readonly api: ConsoleApi;
  close(): Promise<void>;
}

/** Opens what the pages look into. */
export async function openConsole(options: StoreOptions, audit: string | undefined): Promise<OpenedConsole> {
  const stores = await openStores(options);
  const { openControlStore } = stores.connection.ports;
  try {
    if (!openControlStore) throw new Fault("environment", "These stores keep nothing that can be set at run time.");
    const store = await openControlStore();
    return {
      api: createConsoleApi(stores, store, auditFileOf(stores.root, audit)),
      async close() {
        await store.close();
        await stores.connection.close();
      },
    };
  } catch (error) {
    await stores.connection.close();
    throw error;
  }
}
