const UNIT_MS = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 } as const;

/** A duration in ms, or `undefined` where it is none: a number from 0, then ms, s, m, h or d. As the runtime reads it. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text);
  if (!match) return undefined;
  return Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS];
}

/** A duration as one would write it: in the largest unit that needs at most one decimal, fractions of a ms in seconds. */
export function formatDuration(ms: number): string {
  for (const [unit, size] of Object.entries(UNIT_MS)) {
    const tenths = (ms * 10) / size;
    if (ms >= size && Number.isInteger(tenths) && (Number.isInteger(ms) || size > 1)) return `${tenths / 10}${unit}`;
  }
  return ms > 1_000 && !Number.isInteger(ms) ? `${ms / 1_000}s` : `${ms}ms`;
}
