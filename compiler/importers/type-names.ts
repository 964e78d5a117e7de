import { upperCamel } from "../model/naming.ts";

/** What the module imports, and what TypeScript's own types and the generated code are called. */
const TAKEN =
  "Array BigInt Boolean Bytes Date Float Int Json List Number Object Record RejectError String Text Uint Uint8Array".split(
    " ",
  );

/**
 * Gives each declaration a name: the first wish that is free. They are names that reading keeps as they are, so that
 * the lock can know them beforehand.
 */
export function createTypeNames(): (...wishes: readonly string[]) => string {
  const taken = new Set(TAKEN);
  return (...wishes) => {
    const candidates = wishes.map(upperCamel);
    const name = candidates.find((candidate) => !taken.has(candidate)) ?? numbered(candidates.at(-1) ?? "T", taken);
    taken.add(name);
    return name;
  };
}

function numbered(name: string, taken: ReadonlySet<string>): string {
  const base = TAKEN.includes(name) ? `${name}Type` : name;
  if (!taken.has(base)) return base;
  let number = 2;
  while (taken.has(`${base}${number}`)) number++;
  return `${base}${number}`;
}
