/** How much longer than usual properties look for what breaks them: `PROPERTY_RUNS=20 npx vitest run <file>`. */
const FACTOR = Number(process.env.PROPERTY_RUNS ?? 1);

/** How many examples a property is tried with: the default is to keep the whole run short. */
export function runs(usual: number): { readonly numRuns: number } {
  return { numRuns: Math.ceil(usual * FACTOR) };
}
