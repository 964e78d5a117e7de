import type { Cursor } from "./cursor.ts";
import type { ProtoOther } from "./file.ts";
import { ProtoFault } from "./tokens.ts";

/** Passes over `service X { … }`, `extend X { … }`. */
export function skipBlock(cursor: Cursor): ProtoOther {
  const { text: keyword, at } = cursor.next();
  const { text: name, end } = cursor.path("a name");
  cursor.expect("{");
  for (let depth = 1; depth > 0; ) {
    const token = cursor.next();
    if (token.kind === "end") throw new ProtoFault(`the '{' of ${keyword} ${name} is not closed`, at);
    if (token.kind !== "symbol") continue;
    if (token.text === "{") depth++;
    if (token.text === "}") depth--;
  }
  return { what: `${keyword} ${name}`, at, end };
}
