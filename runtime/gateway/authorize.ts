import type { IncomingMessage } from "node:http";
import { Problem } from "./problem.ts";
import type { Tokens } from "./tokens.ts";

const BEARER = /^Bearer +([\x21-\x7e]+) *$/i;
const LOOPBACK_HOST = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/i;

/** Whoever comes where no tokens are asked for. */
const ANYBODY = "anybody";

/** The producer that sends the request. Throws a Problem (401, 403) where it may not send to the use case. */
export function authorize({ headers }: IncomingMessage, useCase: string, tokens: Tokens | undefined): string {
  if (tokens === undefined) return anybody(headers.host);
  const token = BEARER.exec(headers.authorization ?? "")?.[1];
  const grant = token === undefined ? undefined : tokens.check(token);
  if (grant === undefined) {
    throw new Problem({
      status: 401,
      code: "unauthenticated",
      detail: token === undefined ? "The request has no bearer token." : "The gateway does not know the token.",
      fix: "Send `Authorization: Bearer <token>`; who runs the gateway makes one by `fivefold new-token`.",
      headers: { "www-authenticate": 'Bearer realm="fivefold"' },
    });
  }
  if (grant.useCases.has(useCase) || grant.useCases.has("*")) return grant.producer;
  throw new Problem({
    status: 403,
    code: "forbidden",
    detail: `The token of '${grant.producer}' is not for '${useCase}'.`,
    fix: "Ask who runs the gateway for a token that names the use case.",
  });
}

/** A page in a browser reaches this machine under a name of its own, and must not get in. */
function anybody(host: string | undefined): string {
  if (host === undefined || LOOPBACK_HOST.test(host)) return ANYBODY;
  throw new Problem({
    status: 403,
    code: "forbidden",
    detail: "A gateway without tokens takes requests to localhost alone.",
    fix: "Send it to http://localhost or http://127.0.0.1, or start the gateway with `--tokens`.",
  });
}
