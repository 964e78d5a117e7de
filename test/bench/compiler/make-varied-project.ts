import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { randomNumbers } from "../../random-numbers.ts";

/*
 * Use cases of many shapes, as a large repository has them: in folders of teams, some with types of their own, some with
 * shared ones, events of one field and of sixty.
 */

const SHARED = `import type { Int, Text, Uint } from "fivefold";

export interface Money { amount: bigint; currency: "EUR" | "USD" | "JPY" }
export interface Address { street: string; city: string; zip: Text<{ maxLength: 12 }>; country: "DE" | "FR" | "US" | "JP" }
export interface Actor { id: string & { readonly __brand: "Actor" }; name?: string; address?: Address; roles: ("admin" | "user" | "bot")[] }
export enum Level { Low = "low", Middle = "middle", High = "high" }
export interface Paged<T> { items: T[]; next?: string; total: Uint }
export interface Tree { name: string; children: Tree[] }
export type Shape = { kind: "circle"; radius: number } | { kind: "square"; side: number; at: [number, number] } | { kind: "none" };
export type Percent = Int<{ min: 0; max: 100 }>;
export const RETRIES = 3 + 2;
export const HOUR = "1h";
`;

const SCALARS = [
  "string",
  "number",
  "boolean",
  "bigint",
  "Date",
  "Uint8Array",
  "Int",
  "Uint",
  "Percent",
  "Level",
  "Json",
  "Text<{ minLength: 1; maxLength: 80 }>",
  "Int<{ min: 0; max: 500 }>",
  '"new" | "open" | "done"',
  "string | null",
  "1 | 2 | 3",
];
const PARTS = [
  "Money",
  "Address",
  "Actor",
  "Tree",
  "Shape",
  "Paged<Money>",
  "Paged<{ id: string; level: Level }>",
  "[string, number, Date?]",
];

export interface VariedProject {
  readonly files: readonly string[];
  /** The text of a use case after so many edits: an optional field is named by the number. */
  textOf(number: number, edit?: number): string;
}

/** Writes so many use cases to a fresh folder, drawn by a seed. */
export function makeVariedProject(folder: string, count: number, seed: number): VariedProject {
  rmSync(folder, { recursive: true, force: true });
  const files = Array.from({ length: count }, (_, number) => `usecases/team-${number % 40}/${nameOf(number)}.ts`);
  const textOf = (number: number, edit?: number) => useCaseText(number, randomNumbers(seed + number), edit);
  write(folder, "usecases/shared.ts", SHARED);
  for (const [number, file] of files.entries()) write(folder, file, textOf(number));
  return { files, textOf };
}

function nameOf(number: number): string {
  return `${["sync", "charge", "notify", "import", "audit"][number % 5]}-${number}`;
}

function write(folder: string, path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

function useCaseText(number: number, random: () => number, edit?: number): string {
  const upTo = (most: number) => Math.floor(random() * most);
  const pick = <T>(items: readonly T[]): T => items[upTo(items.length)]!;
  const type = (): string => {
    const base = random() < 0.7 ? pick(SCALARS) : pick(PARTS);
    const form = random();
    return form < 0.12 ? `(${base})[]` : form < 0.18 ? `Record<string, ${base}>` : base;
  };
  const fields = (name: string, most: number) =>
    Array.from({ length: 1 + upTo(most) }, (_, i) => `  ${name}${i}${random() < 0.4 ? "?" : ""}: ${type()};`);
  const own = Array.from({ length: upTo(4) }, (_, i) => `Part${number}x${i}`);
  const most = pick([3, 8, 8, 15, 60]);
  const settings = [
    ...(random() < 0.5 ? ['frontend: { dedupeBy: "id" },'] : []),
    ...(random() < 0.5 ? [`scheduler: { orderBy: "id", maxDelay: "${1 + upTo(20)}d" },`] : []),
    ...(random() < 0.4
      ? [`flowControl: { priority: "${pick(["high", "normal", "low"])}", rate: perSecond(${1 + upTo(900)}) },`]
      : []),
    ...(random() < 0.5 ? ['delivery: { retry: { max: RETRIES, backoff: exponential("1s", HOUR) } },'] : []),
    ...(random() < 0.3 ? [`execution: { timeout: "${1 + upTo(59)}s" },`] : []),
  ];
  return `import { exponential, type Int, type Json, perSecond, type Text, type Uint, useCase } from "fivefold";
import { type Actor, type Address, HOUR, Level, type Money, type Paged, type Percent, RETRIES, type Shape, type Tree } from "../shared.ts";

${own.map((name) => `/** One of many parts. */\nexport interface ${name} {\n${fields("part", 10).join("\n")}\n}`).join("\n")}
/** Event ${number}. */
export interface Event${number} {
  /** Which one. */
  id: string;
${fields("field", most).join("\n")}
${own.map((name, i) => `  own${i}?: ${name}${random() < 0.5 ? "[]" : ""};`).join("\n")}
${edit === undefined ? "" : `  edited${edit}?: string;`}
}
export default useCase<Event${number}>({
  owner: "team-${number % 40}",
  ${settings.join("\n  ")}
  handler: async (event, task) => {
    if (event.id === Level.Low && task.attempt > RETRIES) throw new Error(\`\${HOUR} \${perSecond} \${exponential}\`);
  },
});
`;
}
