/** Version, trace id, parent id, flags; what follows belongs to versions after 00. */
const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/**
 * A caller's trace context as it is to travel, by W3C Trace Context (Recommendation of 2021), section 3.2: empty where
 * it is malformed, since a trace that can't be followed is worth less than none; in the form of version 00 where it has
 * a newer version's.
 */
export function readTraceparent(text: string): string {
  const match = TRACEPARENT.exec(text);
  if (!match) return "";
  const [, version, traceId, parentId, flags, rest] = match;
  if (version !== "00") return `00-${traceId}-${parentId}-${flags}`;
  return rest === undefined ? text : "";
}
