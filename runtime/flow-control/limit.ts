/** An algorithm that says how many tasks may be in flight; what enforces it is elsewhere. */
export interface Limit {
  current(): number;
}

/** The same limit always. */
export function createFixedLimit(maxInFlight: number): Limit {
  return { current: () => maxInFlight };
}
