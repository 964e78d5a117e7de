import { appendFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";

/**
 * Appends a line of JSON to a file in the examples' output folder, where a real handler would call a service. Tasks are
 * delivered at least once: readers of these files take the last line of each id.
 */
export function appendToOutbox(file: string, value: unknown): void {
  const folder = process.env.FIVEFOLD_OUTBOX ?? ".fivefold/outbox";
  mkdirSync(folder, { recursive: true });
  appendFileSync(join(folder, file), `${JSON.stringify(value)}\n`);
}
