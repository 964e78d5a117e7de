import { inspect } from "node:util";

/** Most UTF-16 code units of a description: what a dead letter's failure has room for. */
export const LONGEST_DESCRIPTION = 1_024;

/** Causes of causes, and errors within errors, that are followed. */
const DEEPEST = 5;
/** Errors of one `AggregateError` that are named. */
const MOST_NESTED = 5;
/** An object with more properties than this is not shown one by one: it may have millions. */
const MOST_PROPERTIES = 50;

const UNSHOWABLE = "a value that can't be shown was thrown";

/** A property of a value from outside; `undefined` where it has none, or where reading it throws. */
export function readOf(value: unknown, name: PropertyKey): unknown {
  try {
    return (value as Record<PropertyKey, unknown> | null | undefined)?.[name];
  } catch {
    return undefined;
  }
}

/**
 * Says what was thrown, or rejected with, whatever it is: a hostile object, a revoked proxy, a text of a gigabyte. What an
 * error was caused by, and the errors within an `AggregateError`, are said too. Never throws; at most
 * `LONGEST_DESCRIPTION` code units, `prefix` included, without half surrogate pairs and NUL, which not every store keeps.
 */
export function describeThrown(thrown: unknown, prefix = ""): string {
  try {
    return bounded(prefix + textOf(thrown, []));
  } catch {
    return prefix + UNSHOWABLE;
  }
}

function bounded(text: string): string {
  const cut =
    text.length > LONGEST_DESCRIPTION
      ? `${text.slice(0, LONGEST_DESCRIPTION - 1).replace(/[\ud800-\udbff]$/, "")}…`
      : text;
  return cut.toWellFormed().replaceAll("\0", "\ufffd");
}

/** `above` are the errors that this one is part of: it may be one of them. */
function textOf(thrown: unknown, above: readonly unknown[]): string {
  if (typeof thrown === "string") return start(thrown) || "an empty text was thrown";
  if (typeof thrown !== "object" && typeof thrown !== "function") return start(String(thrown));
  if (thrown === null) return "null was thrown";
  const message = readOf(thrown, "message");
  const isError = typeof message === "string" || isNamed(thrown);
  if (!isError) return shown(message === undefined ? thrown : message);
  const own = start(typeof message === "string" ? message : "") || nameOf(thrown);
  return own + nested(thrown, own, [...above, thrown]);
}

/** An error without a text is told by its name, and by its code, which is all that some errors of sockets have. */
function nameOf(error: object): string {
  const name = readOf(error, "name");
  const code = readOf(error, "code");
  const text = typeof name === "string" && name !== "" ? start(name) : "an error without a message";
  return typeof code === "string" || typeof code === "number" ? `${text} ${start(String(code))}` : text;
}

function isNamed(thrown: object): boolean {
  try {
    return thrown instanceof Error && readOf(thrown, "message") === undefined;
  } catch {
    return false;
  }
}

function nested(error: object, own: string, above: readonly unknown[]): string {
  if (above.length > DEEPEST) return "";
  const parts: string[] = [];
  const errors = readOf(error, "errors");
  if (isArray(errors)) {
    const length = Math.min(Number(readOf(errors, "length")) || 0, MOST_NESTED);
    for (let i = 0; i < length; i++) parts.push(partOf(readOf(errors, i), above));
  }
  const cause = readOf(error, "cause");
  if (cause !== undefined && cause !== null) parts.push(partOf(cause, above));
  const told = parts.filter((part) => part !== "" && !own.includes(part));
  return told.length === 0 ? "" : ` (${told.join("; ")})`;
}

function partOf(thrown: unknown, above: readonly unknown[]): string {
  if (above.includes(thrown)) return "";
  try {
    return textOf(thrown, above);
  } catch {
    return UNSHOWABLE;
  }
}

/** Enough of a text for any description, so that long ones are not joined. */
function start(text: string): string {
  return text.length > LONGEST_DESCRIPTION ? text.slice(0, LONGEST_DESCRIPTION + 1) : text;
}

function isArray(value: unknown): boolean {
  try {
    return Array.isArray(value);
  } catch {
    return false;
  }
}

/** What is no error, without calling anything of it. */
function shown(value: unknown): string {
  if (typeof value === "object" && value !== null && !isArray(value) && Object.keys(value).length > MOST_PROPERTIES) {
    return `an object with ${Object.keys(value).length} properties was thrown`;
  }
  return start(
    inspect(value, {
      depth: 1,
      breakLength: Number.POSITIVE_INFINITY,
      customInspect: false,
      maxArrayLength: 10,
      maxStringLength: LONGEST_DESCRIPTION,
    }),
  );
}
