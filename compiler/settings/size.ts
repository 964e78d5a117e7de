const UNIT_BYTES = { MiB: 1_048_576, KiB: 1_024, B: 1 } as const;

/** Largest encoded event where a use case says nothing: far below what the broker takes for a batch. */
export const DEFAULT_MAX_PAYLOAD_BYTES = UNIT_BYTES.MiB;

/**
 * What every transport takes of one event, with room for its envelope, for keys, and for what a dead letter gains: the
 * least is Pulsar's WebSocket API, whose frames of 5 MiB carry payloads in base64.
 */
export const LARGEST_PAYLOAD_BYTES = 3.5 * UNIT_BYTES.MiB;

/** A size in bytes, or `undefined` where it is none: a number from 0, then B, KiB or MiB. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(B|KiB|MiB)$/.exec(text);
  if (!match) return undefined;
  const bytes = Number(match[1]) * UNIT_BYTES[match[2] as keyof typeof UNIT_BYTES];
  return Number.isInteger(bytes) ? bytes : undefined;
}

/** A size as one would write it, in the largest unit that needs at most one decimal; exact below that in bytes. */
export function formatSize(bytes: number): string {
  for (const [unit, size] of Object.entries(UNIT_BYTES)) {
    const tenths = (bytes * 10) / size;
    if (bytes >= size && Number.isInteger(tenths)) return `${tenths / 10}${unit}`;
  }
  return `${bytes}B`;
}
