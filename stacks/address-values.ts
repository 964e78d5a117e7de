import { X509Certificate } from "node:crypto";
import { BadValue, bad, isBad, type Reader } from "./config-values.ts";

/*
 * Where servers are and how they are trusted, as Pulsar's clients, PostgreSQL's, KEDA's and Node.js take it.
 */

const HOST = /^[A-Za-z0-9_]([\w-]*\w)?(\.[A-Za-z0-9_]([\w-]*\w)?)*\.?$/;

/** `undefined`: no URL of one of these schemes with a host that can be connected to. */
function urlOf(value: unknown, schemes: readonly string[]): URL | undefined {
  if (typeof value !== "string" || /[\s\p{Cc}]/u.test(value) || !URL.canParse(value)) return undefined;
  const url = new URL(value);
  const isHost = HOST.test(url.hostname) || url.hostname.startsWith("[");
  // URL takes `http:host` and `http:///host` for `http://host`; others don't.
  const isWritten = new RegExp(`^(${schemes.map((scheme) => scheme.replace("+", "\\+")).join("|")})://[^/\\\\]`).test(
    value,
  );
  return isHost && isWritten && url.port !== "0" ? url : undefined;
}

/** A URL without what its users would not send, or would tell to everybody. */
function plainUrl(schemes: readonly string[], expected: string): Reader<string> {
  return (value) => {
    const url = urlOf(value, schemes);
    if (!url) return bad(expected, value);
    if (url.username !== "" || url.password !== "") {
      return new BadValue("has a user or a password in it, which all who read the config would see: leave them out");
    }
    if (url.search !== "" || url.hash !== "" || /[?#]$/.test(value as string))
      return bad(`${expected}, without ? or #`, value);
    return value as string;
  };
}

const WEB = ["https", "http"];

/** A web service's. */
export const httpUrl: Reader<string> = plainUrl(WEB, "a URL like https://host:8443");

/** Of what KEDA asks: it puts a path behind, so that no slash ends it. */
export const prometheusUrl: Reader<string> = (value) => {
  const url = plainUrl(WEB, "a URL like http://prometheus.monitoring:9090")(value);
  return isBad(url) ? url : url.replace(/\/+$/, "");
};

const brokerOrWeb = plainUrl(
  ["pulsar+ssl", "pulsar", ...WEB],
  "a URL like pulsar+ssl://host:6651, or https://host:8443 for the WebSocket API",
);

/** Whether it is a broker's own port, in place of the web service. */
export function isBrokerUrl(url: string): boolean {
  return !/^https?:/.test(url);
}

function severalUrls(one: Reader<string>): Reader<string> {
  return (value) => {
    if (typeof value !== "string") return one(value);
    const urls = splitUrls(value);
    for (const url of urls) {
      const read = one(url);
      if (isBad(read)) return read;
      if (isBrokerUrl(url) && /^[^:]+:\/\/[^/]+\/./.test(url)) return bad("a broker's URL without a path", url);
    }
    return urls.join(",");
  };
}

/** Several stand in for one another, separated by commas. */
export const pulsarUrls: Reader<string> = severalUrls(brokerOrWeb);
export const httpUrls: Reader<string> = severalUrls(httpUrl);

export function splitUrls(urls: string): string[] {
  return urls.split(",").map((url) => url.trim());
}

/** Where a PostgreSQL database is. Its text is a secret, which no message may show. */
export interface PostgresAddress {
  /** Default 5432. */
  readonly port: number;
}

const POSTGRES = "postgres://user:password@host:5432/database";

/** Reads a URL as node-postgres does, which takes any scheme and finds out at the first connection. */
export const postgresAddress: Reader<PostgresAddress> = (value) => {
  const problem = (found: string) => new BadValue(`must be like ${POSTGRES}: ${found}`);
  if (typeof value !== "string") return problem("it is no text");
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(value)?.[1];
  if (scheme !== "postgres" && scheme !== "postgresql") {
    return problem(scheme === undefined ? "it has no scheme" : `its scheme is '${scheme}', which is no PostgreSQL`);
  }
  if (/[\s\p{Cc}]/u.test(value)) return problem("it has blanks or line breaks in it");
  if (!URL.canParse(value)) {
    return problem("it can't be parsed; in a password, characters such as @ / ? # % stand as %40 %2F %3F %23 %25");
  }
  const url = new URL(value);
  for (const part of [url.username, url.password, url.pathname]) {
    try {
      decodeURIComponent(part);
    } catch {
      return problem("a % in it is not followed by two hexadecimal digits; a % itself stands as %25");
    }
  }
  const host = url.searchParams.get("host") ?? url.hostname;
  if (host === "") return problem("it has no host");
  if (host.startsWith("/") || /^%2f/i.test(host))
    return problem("its host is a socket's folder, which no pod can reach");
  if (!HOST.test(host) && !/^\[?[0-9a-f:.]+\]?$/i.test(host))
    return problem("its host is none that can be connected to");
  const port = url.searchParams.get("port") ?? (url.port || "5432");
  if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65_535) return problem("its port is none");
  return { port: Number(port) };
};

/** A token for an HTTP header. Its text is a secret, which no message may show. */
export const token: Reader<string> = (value) => {
  if (typeof value !== "string" || value === "") return new BadValue("must be a token, and is empty or no text");
  if (/^[\x21-\x7e]+$/.test(value)) return value;
  return new BadValue(
    "has blanks, line breaks or other characters that no token has: was a file's last line break copied?",
  );
};

const BLOCK = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;

/** Certificates in PEM, each of which can be parsed. */
export const certificates: Reader<string> = (value) => {
  const expected = "certificates in PEM, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----";
  if (typeof value !== "string") return bad(expected, value);
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(value)) {
    return new BadValue(
      "has a private key in it, which all who read the config can see: certificates alone belong here",
    );
  }
  const blocks = value.match(BLOCK) ?? [];
  if (blocks.length === 0 || blocks.length !== value.split("-----BEGIN ").length - 1) return bad(expected, value);
  const wrong = blocks.findIndex((block) => !isCertificate(block));
  return wrong < 0
    ? value
    : new BadValue(`has certificates that can't be parsed, the first of them number ${wrong + 1}`);
};

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}
