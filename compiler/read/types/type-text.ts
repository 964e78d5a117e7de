import { ts } from "ts-morph";
import type { Place, Scope } from "./reader.ts";

const MAX_TEXT = 100;

/**
 * A type as it is written, if that is short: the checker's own words name what became of it (`never`), and list the
 * parts of a union in an order that depends on other files.
 */
export function typeText(type: ts.Type, { written, outside }: Place, { checker }: Scope): string {
  const node = written ?? (outside && ts.isPropertySignature(outside) ? outside.type : undefined);
  const text = node?.getText().replace(/\s+/g, " ") ?? "";
  return text && text.length <= MAX_TEXT ? text : checker.typeToString(type);
}
