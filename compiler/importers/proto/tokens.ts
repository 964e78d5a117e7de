/** A piece of a `.proto` file. */
export interface Token {
  readonly kind: "name" | "number" | "text" | "symbol" | "end";
  /** As it is written; of a text, what it says. */
  readonly text: string;
  /** Offsets in the file, `end` exclusive. */
  readonly at: number;
  readonly end: number;
  /** The comment directly above; empty: none. */
  readonly above: string;
  /** The comment behind, on the same line; empty: none. */
  beside: string;
}

/** A text is no `.proto` file; `at` is an offset in it. */
export class ProtoFault extends Error {
  override readonly name = "ProtoFault";
  readonly at: number;

  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

const SPACE = /[\s\ufeff]+/y;
const COMMENT = /\/\/[^\n]*|\/\*[^*]*\*+(?:[^/*][^*]*\*+)*\//y;
const NAME = /[A-Za-z_]\w*/y;
const NUMBER = /0[xX][\da-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[fF]?/y;
const TEXT = /"(?:[^"\\\n]|\\[^\n])*"|'(?:[^'\\\n]|\\[^\n])*'/y;

/** All tokens, the end of the file last. Throws a ProtoFault. */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let offset = 0;
  let above: string[] = [];

  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = offset;
    const match = pattern.exec(text)?.[0];
    offset += match?.length ?? 0;
    return match;
  };
  const add = (kind: Token["kind"], content: string, at: number): void => {
    tokens.push({ kind, text: content, at, end: offset, above: above.join("\n").trim(), beside: "" });
    above = [];
  };
  /** A comment belongs to what stands before it on its line, else to what follows without an empty line between. */
  const addComment = (comment: string, isOwnLine: boolean): void => {
    const last = tokens.at(-1);
    if (last && !isOwnLine) last.beside = `${last.beside}\n${commentText(comment)}`.trim();
    else above.push(commentText(comment));
  };

  let isOwnLine = true;
  while (offset < text.length) {
    const space = take(SPACE);
    if (space !== undefined) {
      const lines = space.split("\n").length - 1;
      if (lines > 0) isOwnLine = true;
      if (lines > 1) above = [];
      continue;
    }
    const at = offset;
    const comment = take(COMMENT);
    if (comment !== undefined) {
      addComment(comment, isOwnLine);
      continue;
    }
    isOwnLine = false;
    const name = take(NAME);
    const number = name === undefined ? take(NUMBER) : undefined;
    const quoted = name === undefined && number === undefined ? take(TEXT) : undefined;
    if (name !== undefined) add("name", name, at);
    else if (number !== undefined) add("number", number, at);
    else if (quoted !== undefined) add("text", textOf(quoted), at);
    else {
      const [symbol = ""] = text.slice(at, at + 2);
      if (!/[{}()[\]<>;,.=:\-+/]/.test(symbol)) throw new ProtoFault(`${describe(symbol)} has no meaning here`, at);
      offset++;
      add("symbol", symbol, at);
    }
  }
  add("end", "", offset);
  return tokens;
}

function describe(symbol: string): string {
  if (symbol === '"' || symbol === "'") return "a text without an end on its line";
  return `'${symbol}'`;
}

function commentText(comment: string): string {
  if (comment.startsWith("//")) return comment.replace(/^\/\/+ ?/, "").trimEnd();
  return comment
    .slice(2, -2)
    .split("\n")
    .map((line) => line.replace(/^\s*\*+ ?/, "").trimEnd())
    .join("\n")
    .trim();
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/** What a quoted text says. Escaped bytes stand for characters of the same number, which is right for ASCII. */
function textOf(quoted: string): string {
  return quoted
    .slice(1, -1)
    .replace(/\\(?:[xX]([\da-fA-F]{1,2})|([0-7]{1,3})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|(.))/g, (_, ...groups) => {
      const [byte, octal, short, long, character] = groups as (string | undefined)[];
      const hex = byte ?? short ?? long;
      if (hex !== undefined) return String.fromCodePoint(Math.min(Number.parseInt(hex, 16), 0x10ffff));
      if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8));
      return ESCAPES[character ?? ""] ?? character ?? "";
    });
}
