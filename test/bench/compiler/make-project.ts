import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The text of a use case with an event of ten fields, two of them nested objects of ten fields and four. */
export function useCaseText(number: number, edit = 0): string {
  return `import { exponential, type Int, perSecond, type Text, type Uint, useCase } from "fivefold";
import { RETRIES, type Origin } from "./shared.ts";

/** Somebody changed document ${number}. */
export interface Changed${number} {
  /** Which document. */
  documentId: Text<{ minLength: 1; maxLength: 64 }>;
  tenantId: string;
  revision: Uint;
  score: number;
  kind: "created" | "edited" | "removed";
  at: Date;
  origin: Origin;
  labels: Record<string, string>;
  changes: Change${number}[];
  note${edit}?: Text<{ maxLength: ${500 + number} }>;
}

export interface Change${number} {
  path: string[];
  before?: string;
  after?: string;
  offset: Int<{ min: 0 }>;
  length: Int<{ min: 0; max: 100000 }>;
  author: { id: string; name: string; bot: boolean; joined: Date };
  weight: number;
  hash: Uint8Array;
  sequence: bigint;
  tags: ("minor" | "major" | "revert")[];
}

export default useCase<Changed${number}>({
  owner: "team-${number % 20}",
  frontend: { dedupeBy: "documentId" },
  scheduler: { orderBy: "documentId", maxDelay: "7d" },
  flowControl: { priority: "high", fairBy: "tenantId", rate: perSecond(${100 + number}) },
  delivery: { filter: (event) => event.kind !== "removed", retry: { max: RETRIES, backoff: exponential("1s", "15m") } },
  execution: { timeout: "30s" },
  handler: async (event, task) => {
    const total = event.changes.reduce((sum, change) => sum + change.length * change.weight, 0);
    if (total > 1_000_000 && task.attempt === 1) throw new Error(\`too much at once: \${total}\`);
  },
});
`;
}

const SHARED = `/** Where a change came from. */
export interface Origin {
  host: string;
  ip?: string;
  country: "DE" | "FR" | "US" | "JP";
  mobile: boolean;
}

export const RETRIES = 4 + 4;
`;

export function useCaseFile(number: number): string {
  return join("usecases", `change-document-${number}.ts`);
}

/** Writes a project of so many use cases to a fresh folder. */
export function makeProject(folder: string, count: number): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, "usecases"), { recursive: true });
  writeFileSync(join(folder, "usecases", "shared.ts"), SHARED);
  for (let number = 0; number < count; number++) writeFileSync(join(folder, useCaseFile(number)), useCaseText(number));
}
