/** A piece of a .proto file. Texts are without quotes and escapes. */
export interface Token {
  readonly kind: "word" | "text" | "mark";
  readonly value: string;
}

const PIECE = /\s+|\/\/[^\n]*|([\w.]+)|"((?:[^"\\]|\\.)*)"|([{}[\]<>=;,])/gy;
const ESCAPE = /\\(?:u([0-9a-fA-F]{4})|(.))/g;
const ESCAPED: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", b: "\b", f: "\f" };

/** A .proto file in pieces, without comments. */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  PIECE.lastIndex = 0;
  while (PIECE.lastIndex < text.length) {
    const at = PIECE.lastIndex;
    const match = PIECE.exec(text);
    if (!match) throw new Error(`line ${text.slice(0, at).split("\n").length} has something unknown`);
    const [, word, quoted, mark] = match;
    if (word !== undefined) tokens.push({ kind: "word", value: word });
    else if (quoted !== undefined) tokens.push({ kind: "text", value: unescaped(quoted) });
    else if (mark !== undefined) tokens.push({ kind: "mark", value: mark });
  }
  return tokens;
}

function unescaped(text: string): string {
  return text.replace(ESCAPE, (_, code: string | undefined, letter: string) =>
    code === undefined ? (ESCAPED[letter] ?? letter) : String.fromCharCode(Number.parseInt(code, 16)),
  );
}
