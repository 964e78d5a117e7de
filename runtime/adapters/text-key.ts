import { createHash } from "node:crypto";

/** PostgreSQL's index entries take at most 2,704 bytes, LMDB's keys 1,978; a character takes at most 3 in UTF-8. */
const LONGEST_PLAIN = 200;
const HASHED = "sha256:";

/**
 * A text as a key: itself where that works, as it does for every ordinary id; else its hash. PostgreSQL's texts can't hold
 * a NUL or a lone surrogate, LMDB's keys make all lone surrogates one, and neither holds anything long. A text that looks
 * like a hash is hashed too: two texts never have one key.
 */
export function textKey(text: string): string {
  const plain = text.length <= LONGEST_PLAIN && !text.includes("\0") && text.isWellFormed() && !text.startsWith(HASHED);
  // Hashed as UTF-16, since UTF-8 makes all lone surrogates the same character.
  return plain ? text : HASHED + createHash("sha256").update(text, "utf16le").digest("base64url");
}
