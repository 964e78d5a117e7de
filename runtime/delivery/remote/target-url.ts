import { FivefoldError } from "../../contract/errors.ts";

/** Where a target is, as the environment says it. */
export interface TargetUrl {
  readonly href: string;
  /** `https://thumbnails.example.com:8443`. */
  readonly origin: string;
  /** Without the brackets of an IPv6 address. */
  readonly hostname: string;
  readonly port: number;
  /** Empty, or a path without a slash at its end. */
  readonly basePath: string;
  /** Where its hosts are; empty: not known. */
  readonly zone: string;
}

const PORTS: Readonly<Record<string, number>> = { "http:": 80, "https:": 443 };

/**
 * Reads a variable that holds one URL, or several of hosts that do the same, separated by commas; what is behind `#` is the
 * zone that a host is in. Throws a FivefoldError that names the variable.
 */
export function readTargetUrls(variable: string, value: string): readonly TargetUrl[] {
  const parts = value.split(",").map((part) => part.trim());
  const urls = parts.filter((part) => part !== "").map((part) => readUrl(variable, part));
  if (urls.length === 0) throw refusal(variable, "it is empty");
  const twice = urls.find(({ href }, index) => urls.some((other, at) => at < index && other.href === href));
  if (twice) throw refusal(variable, `it names ${twice.href} twice`);
  return urls;
}

function readUrl(variable: string, text: string): TargetUrl {
  if (!URL.canParse(text)) throw refusal(variable, `'${text}' is no URL`);
  const url = new URL(text);
  const { protocol, username, password, search, hostname, pathname, hash } = url;
  if (!Object.hasOwn(PORTS, protocol)) throw refusal(variable, `'${protocol}' is neither http: nor https:`);
  // The text may hold a password: it is not repeated.
  if (username !== "" || password !== "") throw refusal(variable, "it holds a user or a password");
  if (search !== "") throw refusal(variable, `'${text}' has a query`);
  const zone = hash.slice(1);
  url.hash = "";
  return {
    href: url.href,
    origin: url.origin,
    hostname: hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port === "" ? PORTS[protocol]! : Number(url.port),
    basePath: pathname.replace(/\/+$/, ""),
    zone,
  };
}

function refusal(variable: string, found: string): FivefoldError {
  return new FivefoldError(
    "invalid-option",
    `${variable}: ${found}. It takes URLs of hosts, separated by commas: http://thumbnails.images.svc:8080`,
  );
}
