import { createHash } from "node:crypto";
import type { Failure } from "../contract/contract.ts";

/** What failures of one cause have in common. */
export interface Signature {
  /** Eight hexadecimal digits that stand for reason and text. */
  readonly id: string;
  /** The message's first line without what differs from task to task: `connect ECONNREFUSED <n>.<n>.<n>.<n>:<n>`. */
  readonly text: string;
}

const LONGEST_TEXT = 200;

/** What differs from task to task, in the order in which it is looked for. */
const VARIABLES: readonly (readonly [RegExp, string])[] = [
  [/"[^"\n]*"|`[^`\n]*`|(?<![\p{L}\p{N}])'[^'\n]*'(?![\p{L}\p{N}])/gu, "<text>"],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, "<id>"],
  // Words of letters and digits: ids, hashes, hexadecimal numbers. Two digits at least, or `utf8` would be one.
  [/\b(?=[a-z_-]*\d[a-z_-]*\d)[\w-]*[a-z][\w-]*\b/gi, "<id>"],
  [/\d+/g, "<n>"],
];

export function signatureOf({ reason, message }: Failure): Signature {
  const line = message.split(/[\r\n]/, 1)[0]!.trim();
  let text = line;
  for (const [variable, name] of VARIABLES) text = text.replace(variable, name);
  if (text.length > LONGEST_TEXT) text = `${text.slice(0, LONGEST_TEXT - 1).toWellFormed()}…`;
  return { id: createHash("sha256").update(`${reason}\n${text}`).digest("hex").slice(0, 8), text };
}
