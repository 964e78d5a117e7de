import { type ErrorCode, FivefoldError } from "../../contract/errors.ts";

interface Fault {
  /** PostgreSQL's SQLSTATE, or Node's code of a failed connection; empty where there is none. */
  readonly code: string;
  readonly message: string;
}

function faultOf(error: unknown): Fault {
  if (!(error instanceof Error)) return { code: "", message: String(error) };
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  // A host with several addresses, none of which answers, is one error without a message around theirs.
  const [first] = error instanceof AggregateError ? error.errors : [];
  const message = error.message || (first instanceof Error ? first.message : code);
  return { code, message };
}

/** What pg says when a connection ends or can't be had; these errors carry no code. */
const LOST =
  /Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect|Query read timeout|not queryable/;
const NETWORK =
  /^(ECONN(REFUSED|RESET|ABORTED)|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|E(HOST|NET)(UNREACH|DOWN)|ENOENT|EACCES)$/;

type FivefoldErrorParts = readonly [code: ErrorCode, message: string];

/** By SQLSTATE (PostgreSQL's manual, appendix A): the beginning of a code, and what it means here. */
const MEANINGS: readonly [prefix: string, (place: string, message: string) => FivefoldErrorParts][] = [
  ["28", notLetIn],
  ["3D000", notLetIn],
  ["53100", full],
  ["42501", forbidden],
  ["25006", readOnly],
  ["08", unreachable],
  ["53300", unreachable],
  ["57P", unreachable],
];

function unreachable(place: string, message: string): FivefoldErrorParts {
  return [
    "not-connected",
    `${place} doesn't answer now (${message}). What was added before is kept; this call may or may not have been ` +
      "stored, and may be repeated. Calls work again as soon as the server does: check that it runs, that this host " +
      "reaches it, and that it has connections left.",
  ];
}

function notLetIn(place: string, message: string): FivefoldErrorParts {
  return [
    "unauthorized",
    `${place} refused the connection (${message}). Check the user, the password and the database's name in its URL, ` +
      "and the server's pg_hba.conf.",
  ];
}

function full(place: string, message: string): FivefoldErrorParts {
  return [
    "storage-full",
    `${place} has no room left (${message}). What was added before is kept; this call may be repeated. Give its ` +
      "disk more room: writing works again as soon as there is some.",
  ];
}

function forbidden(place: string, message: string): FivefoldErrorParts {
  return [
    "storage-unwritable",
    `${place} may not be used by this user (${message}). It needs USAGE on the schema, SELECT, INSERT, UPDATE and ` +
      "DELETE on its tables and USAGE on its sequences; and, to create or upgrade them, CREATE on the database.",
  ];
}

function readOnly(place: string, message: string): FivefoldErrorParts {
  return [
    "storage-unwritable",
    `${place} takes no writes (${message}): it is a standby, or set to read-only. The URL must lead to the ` +
      "primary: use a name that follows a failover, or wait for the failover to end.",
  ];
}

/** Says what an error of PostgreSQL or of the connection to it means for the caller, and how to fix it. */
export function postgresError(error: unknown, place: string): FivefoldError {
  if (error instanceof FivefoldError) return error;
  const { code, message } = faultOf(error);
  const meaning =
    NETWORK.test(code) || LOST.test(message) ? unreachable : MEANINGS.find(([prefix]) => code.startsWith(prefix))?.[1];
  if (meaning) {
    const [kind, text] = meaning(place, message);
    return new FivefoldError(kind, text, { cause: error });
  }
  const shown = code === "" ? message : `${message}, SQLSTATE ${code}`;
  return new FivefoldError(
    "storage-failed",
    `${place} failed: ${shown}. What was added before is kept; this call may be repeated.`,
    { cause: error },
  );
}
