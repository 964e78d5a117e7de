/** An algorithm that says how many tasks may be in flight; what enforces it is elsewhere. */
export interface Limit {
  current(): number;
}

/** The same limit always, unless an operator has set another one. */
export function createFixedLimit(maxInFlight: number): Limit & { override(maxInFlight: number | undefined): void } {
  let overridden: number | undefined;
  return {
    current: () => overridden ?? maxInFlight,
    override(other) {
      overridden = other;
    },
  };
}
