/*
 * How names of TypeScript become names of contracts. Pure, and used by reading, checks and emitters alike, so that what
 * a check calls a collision is one in what is emitted.
 */

/** `fileUploaded`, `file-uploaded`, `file uploaded` → `FileUploaded`. ASCII letters and digits, first a letter. */
export function upperCamel(name: string): string {
  const joined = ascii(name)
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join("");
  return /^[A-Za-z]/.test(joined) ? joined : `T${joined}`;
}

/** `sizeBytes` → `size_bytes`, `URLPath` → `url_path`. ASCII; as protobuf's style guide names fields. */
export function snakeCase(name: string): string {
  const joined = ascii(name)
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/([A-Z])([A-Z][a-z])/g, "$1_$2")
    .replace(/[^A-Za-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "")
    .toLowerCase();
  return /^[a-z]/.test(joined) ? joined : `_${joined}`;
}

/** `file-uploaded` → `fileUploaded`. */
export function lowerCamel(name: string): string {
  const upper = upperCamel(name);
  return upper.charAt(0).toLowerCase() + upper.slice(1);
}

/** Accents dropped; other letters outside ASCII by their code point, so that different names stay different. */
function ascii(name: string): string {
  return name
    .normalize("NFD")
    .replace(/\p{M}+/gu, "")
    .replace(/[^\p{ASCII}]/gu, (letter) =>
      /\p{L}|\p{N}/u.test(letter) ? `u${letter.codePointAt(0)?.toString(16)}` : "_",
    );
}
