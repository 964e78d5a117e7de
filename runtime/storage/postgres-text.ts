import { createHash } from "node:crypto";

/** An index entry takes at most 2,704 bytes; a character at most 3 of them in UTF-8 (a pair of surrogates 4). */
const LONGEST_PLAIN = 200;
const HASHED = "sha256:";

/**
 * A text as a PostgreSQL key: itself where that works, as it does for every ordinary id; else its hash. PostgreSQL's
 * texts can't hold a NUL or a lone surrogate, and its indexes nothing long.
 */
export function textKey(text: string): string {
  const plain = text.length <= LONGEST_PLAIN && !text.includes("\0") && text.isWellFormed() && !text.startsWith(HASHED);
  // Hashed as UTF-16, since UTF-8 makes all lone surrogates the same character.
  return plain ? text : HASHED + createHash("sha256").update(text, "utf16le").digest("base64url");
}
