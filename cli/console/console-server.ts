import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Access, Person } from "./access.ts";
import type { Assets } from "./assets.ts";
import { type ConsoleApi, RequestFault } from "./console-api.ts";
import { LOGIN_PAGE } from "./login-page.ts";

export interface ConsoleServerOptions {
  readonly access: Access;
  readonly assets: Assets;
  /** Opened at the first request of somebody who may see it. */
  readonly openApi: () => Promise<ConsoleApi>;
  /** `host:port` as browsers may name it: any other name is a page elsewhere that made its name point here. */
  readonly hosts: () => readonly string[];
  /** Whether browsers reach it by HTTPS, through whatever stands in front. */
  readonly secure: boolean;
}

const MOST_BODY_BYTES = 4 * 1_048_576;
/** The port is part of the name, since cookies of one host know no ports. */
const COOKIE = "fivefold_console_";
/** Proxies close what is silent; and at each beat it is seen whether somebody who watches still may. */
const BEAT_MS = 5_000;

const HEADERS = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-store",
};

/** Serves the console: its pages, and the API that they call. It listens nowhere yet. */
export function createConsoleServer(options: ConsoleServerOptions): Server {
  const server = createServer((request, response) => {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    answer(request, response, options).catch((error: unknown) => {
      if (response.headersSent) {
        response.destroy();
        return;
      }
      const status = error instanceof RequestFault ? error.status : 500;
      sendJson(response, status, { ok: false, error: error instanceof Error ? error.message : String(error) });
    });
  });
  server.requestTimeout = 30_000;
  return server;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: ConsoleServerOptions,
): Promise<void> {
  const { method = "GET", headers } = request;
  const host = headers.host ?? "";
  if (!options.hosts().includes(host)) throw new RequestFault(421, `This console is not at '${host}'.`);
  const origin = `${options.secure ? "https" : "http"}://${host}`;
  const url = new URL(request.url ?? "/", origin);
  const isNavigation = method === "GET" && headers["sec-fetch-mode"] === "navigate" && url.pathname === "/";
  if (!isNavigation) refuseCrossSite(headers, origin);
  if (method !== "GET" && method !== "POST") throw new RequestFault(405, "It is GET or POST.");
  const cookie = `${COOKIE}${host.split(":")[1] ?? ""}`;
  const login = (token: string) => {
    const attributes = `Path=/; HttpOnly; SameSite=Strict${options.secure ? "; Secure" : ""}`;
    response
      .writeHead(303, { location: "/", "set-cookie": `${cookie}=${encodeURIComponent(token)}; ${attributes}` })
      .end();
  };
  const given = url.searchParams.get("token");
  if (method === "GET" && url.pathname === "/" && given !== null) {
    if (!options.access.byToken(given)) return sendLogin(response, "This token is not known.");
    return login(given);
  }
  if (method === "POST" && url.pathname === "/login") {
    const token = new URLSearchParams(await readBody(request)).get("token") ?? "";
    if (!options.access.byToken(token)) return sendLogin(response, "This token is not known.");
    return login(token);
  }
  const whoAsks = () => personOf(request, cookie, options.access);
  const person = whoAsks();
  if (!person) {
    if (url.pathname === "/") return sendLogin(response, "");
    throw new RequestFault(401, "Who you are is not known: open the console's address with its token.");
  }
  if (!url.pathname.startsWith("/api/")) return sendAsset(response, options.assets, method, url.pathname);
  const api = await options.openApi();
  const name = url.pathname.slice("/api/".length);
  if (name === "live" && method === "GET") return stream(response, api, person, whoAsks);
  if (method === "GET") return sendJson(response, 200, await api.read(name, url.searchParams, person));
  if (!/^application\/json\b/.test(headers["content-type"] ?? "")) throw new RequestFault(415, "The body is JSON.");
  const body = await readBody(request);
  sendJson(response, 200, await api.act(name, parseJson(body), person));
}

/** A page of another site can make a browser send requests here, and may not: browsers say where a request is from. */
function refuseCrossSite(headers: IncomingMessage["headers"], origin: string): void {
  const site = headers["sec-fetch-site"];
  const isForeign = headers.origin !== undefined && headers.origin !== origin;
  if (isForeign || (site !== undefined && site !== "same-origin" && site !== "none")) {
    throw new RequestFault(403, "Pages of other sites may not call the console.");
  }
}

function personOf({ headers }: IncomingMessage, cookie: string, access: Access): Person | undefined {
  const [, bearer] = /^Bearer (\S+)$/i.exec(headers.authorization ?? "") ?? [];
  const found = (headers.cookie ?? "").split("; ").find((one) => one.startsWith(`${cookie}=`));
  const token = bearer ?? (found && decode(found.slice(cookie.length + 1)));
  return access.byHeaders?.(headers) ?? (token ? access.byToken(token) : undefined);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new RequestFault(400, `The body is no JSON: ${(cause as Error).message}.`);
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    if (bytes > MOST_BODY_BYTES) throw new RequestFault(413, `More than ${MOST_BODY_BYTES} bytes are not taken.`);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** Known names alone lead to a file: what a path says leads nowhere else. */
function sendAsset(response: ServerResponse, assets: Assets, method: string, path: string): void {
  const asset = method === "GET" ? assets.get(path === "/" ? "/index.html" : path) : undefined;
  if (!asset) throw new RequestFault(404, "There is nothing here.");
  response.writeHead(200, { "content-type": asset.type, "content-length": asset.bytes.length }).end(asset.bytes);
}

function sendLogin(response: ServerResponse, message: string): void {
  response.writeHead(401, { "content-type": "text/html; charset=utf-8" }).end(LOGIN_PAGE(message));
}

function sendJson(response: ServerResponse, status: number, value: object): void {
  const text = JSON.stringify(value);
  response.writeHead(status, { "content-type": "application/json; charset=utf-8" }).end(text);
}

/**
 * Sends each snapshot as it is taken, as server-sent events, for as long as whoever asked may see it: at each snapshot
 * and each beat they are looked up anew, and somebody who was taken off, or has another role now, is sent away.
 */
function stream(response: ServerResponse, api: ConsoleApi, person: Person, whoAsks: () => Person | undefined): void {
  // Whoever asked may have gone while the stores were opened.
  if (response.destroyed) return;
  response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" }).flushHeaders();
  const send = (text: string) => {
    const now = whoAsks();
    if (now?.name !== person.name || now.role !== person.role) response.destroy();
    // A browser that reads slower than snapshots come gets the last one.
    else if (response.writableLength < MOST_BODY_BYTES) response.write(text);
  };
  const cancel = api.watch(person, (snapshot) => send(`data: ${snapshot}\n\n`));
  const beat = setInterval(() => send(": \n\n"), BEAT_MS).unref();
  response.once("close", () => {
    cancel();
    clearInterval(beat);
  });
}
