/** Longest list that travels with a record, in characters: what W3C Trace Context, section 3.3.1.5, asks every party to pass on. */
export const LONGEST_TRACESTATE = 512;
/** What a header may have before it is not looked at. */
const LONGEST_READ = 8_192;
const MOST_MEMBERS = 32;
/** Members longer than this go first where the list is too long. */
const LONG_MEMBER = 128;

const KEY = /^(?:[a-z][a-z0-9_\-*/]{0,255}|[a-z0-9][a-z0-9_\-*/]{0,240}@[a-z][a-z0-9_\-*/]{0,13})$/;
const VALUE = /^[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;

/**
 * A caller's trace state as it is to travel, by W3C Trace Context, section 3.3: empty where it is malformed, and without
 * whole members where it is longer than 512 characters: first those above 128, then those at its end.
 */
export function readTracestate(text: string): string {
  if (text === "" || text.length > LONGEST_READ) return "";
  const members: string[] = [];
  const keys = new Set<string>();
  for (const part of text.split(",")) {
    const member = part.replace(/^[ \t]+|[ \t]+$/g, "");
    // The specification allows empty members.
    if (member === "") continue;
    const at = member.indexOf("=");
    const key = member.slice(0, at);
    if (at < 1 || !KEY.test(key) || !VALUE.test(member.slice(at + 1)) || keys.has(key)) return "";
    keys.add(key);
    members.push(member);
  }
  if (members.length > MOST_MEMBERS) return "";
  let kept = members;
  if (kept.join(",").length > LONGEST_TRACESTATE) kept = kept.filter((member) => member.length <= LONG_MEMBER);
  while (kept.join(",").length > LONGEST_TRACESTATE) kept = kept.slice(0, -1);
  return kept.join(",");
}
