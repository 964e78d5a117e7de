/** Counts what threads of one process take on between them, so that none waits while another has work left. */
export type Turns = Int32Array<SharedArrayBuffer>;

export function createTurns(): Turns {
  return new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
}

/** A number that nobody else gets: 0, then 1, and so on. */
export function takeTurn(turns: Turns): number {
  return Atomics.add(turns, 0, 1);
}
