import { createHash, randomBytes } from "node:crypto";
import { Fault } from "../../loader/fault.ts";
import { complain, say, sayJson } from "../terminal.ts";

const PRODUCER = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/;
/** 256 bits: nobody guesses it. */
const SECRET_BYTES = 32;

/** `fivefold new-token <producer> [use-case...]`: makes a token. Only its hash is kept, by who puts it into the tokens' file. */
export function newToken(producer: string, useCases: readonly string[], { json = false }: { json?: boolean }): void {
  if (!PRODUCER.test(producer)) {
    throw new Fault(
      "usage",
      `A producer's name is 1 to 64 lower-case letters, digits and hyphens, like billing; found '${producer}'.`,
    );
  }
  const token = `${producer}.${randomBytes(SECRET_BYTES).toString("base64url")}`;
  const sha256 = createHash("sha256").update(token).digest("hex");
  const entry = { producer, useCases: useCases.length > 0 ? useCases : ["*"], sha256 };
  if (json) {
    sayJson({ ok: true, token, entry });
    return;
  }
  complain("The token, for the producer alone: it is shown once.");
  say(token);
  complain('Its entry in the tokens\' file, { "tokens": [ … ] }:');
  say(JSON.stringify(entry));
}
