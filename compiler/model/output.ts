/** A file that the compiler wants written. */
export interface Output {
  /** Relative to the project's root, with forward slashes: `generated/greet/client.ts`. */
  readonly path: string;
  readonly text: string;
}
