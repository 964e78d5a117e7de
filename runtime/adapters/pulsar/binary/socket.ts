import { readFile } from "node:fs/promises";
import { connect, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Clock } from "../../../contract/clock.ts";
import { FivefoldError } from "../../../contract/errors.ts";
import { unreachable } from "../errors.ts";

/** Connects to `pulsar://host:port` or, encrypted, to `pulsar+ssl://host:port`. The ports default to 6650 and 6651. */
export async function openSocket(settings: {
  readonly url: string;
  /** PEM file of the authorities that a certificate may come from. Default: those that Node trusts. */
  readonly trustCertsFile: string | undefined;
  readonly timeoutMs: number;
  readonly clock: Clock;
}): Promise<Socket> {
  const { url, trustCertsFile, timeoutMs, clock } = settings;
  const what = `Connecting to ${url}`;
  const { hostname, port, protocol } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, "");
  const isSecure = protocol === "pulsar+ssl:";
  const ca = isSecure && trustCertsFile !== undefined ? await readAuthorities(what, trustCertsFile) : undefined;
  return new Promise((resolve, reject) => {
    const place = { host, port: port === "" ? (isSecure ? 6_651 : 6_650) : Number(port) };
    const socket = isSecure
      ? // A server is told the name that is wanted of it, which can't be an address.
        connectTls({ ...place, ...(ca && { ca }), ...(isIP(host) === 0 && { servername: host }) })
      : connect(place);
    const cancel = clock.after(timeoutMs, () => {
      socket.destroy(new Error(`no connection within ${timeoutMs / 1_000} s`));
    });
    const fail = (error: Error) => {
      cancel();
      reject(unreachable(what, url, error));
    };
    socket.once("error", fail);
    socket.once(isSecure ? "secureConnect" : "connect", () => {
      cancel();
      socket.off("error", fail);
      resolve(socket);
    });
  });
}

async function readAuthorities(what: string, file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new FivefoldError(
      "invalid-option",
      `${what}: the certificates of authorities can't be read from '${file}' (${error instanceof Error ? error.message : error}). ` +
        "Name a PEM file in NODE_EXTRA_CA_CERTS.",
      { cause: error },
    );
  }
}
