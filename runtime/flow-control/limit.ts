/** An algorithm that says how many tasks may be in flight; what enforces it is elsewhere. */
export interface Limit {
  current(): number;
  /** Told that as many are in flight as it allows. */
  reached?(): void;
}
