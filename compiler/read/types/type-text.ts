import { ts } from "ts-morph";
import type { Reading } from "../reading.ts";

const MAX_TEXT = 100;

/**
 * A type as it is written, if that is short: the checker's own words name what became of it (`never`), and list the
 * parts of a union in an order that depends on other files.
 */
export function typeText(type: ts.Type, node: ts.Node, { checker }: Reading): string {
  const written = ts.isTypeNode(node) ? node.getText().replace(/\s+/g, " ") : "";
  return written && written.length <= MAX_TEXT ? written : checker.typeToString(type);
}
