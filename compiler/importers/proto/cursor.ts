import { ProtoFault, type Token, tokensOf } from "./tokens.ts";

/** Goes through a file's tokens. What is not as expected throws a ProtoFault. */
export interface Cursor {
  /** The token to come; `ahead` more are passed over. */
  peek(ahead?: number): Token;
  next(): Token;
  /** Whether that symbol or word comes, which is not taken. */
  isAt(text: string): boolean;
  /** Takes that symbol or word if it comes. */
  take(text: string): boolean;
  expect(text: string): Token;
  name(what: string): Token;
  /** Names joined by dots, maybe with a dot in front. */
  path(what: string): { readonly text: string; readonly at: number; readonly end: number };
  integer(what: string): number;
  /** Texts that follow each other are one. */
  text(what: string): string;
  fault(expected: string): ProtoFault;
}

export function createCursor(source: string): Cursor {
  const tokens = tokensOf(source);
  let at = 0;

  const cursor: Cursor = {
    peek: (ahead = 0) => tokens[Math.min(at + ahead, tokens.length - 1)]!,
    next: () => tokens[Math.min(at++, tokens.length - 1)]!,
    isAt: (text) => cursor.peek().text === text && /^(symbol|name)$/.test(cursor.peek().kind),
    take(text) {
      const isThere = cursor.isAt(text);
      if (isThere) at++;
      return isThere;
    },
    expect(text) {
      if (!cursor.isAt(text)) throw cursor.fault(`'${text}'`);
      return cursor.next();
    },
    name(what) {
      if (cursor.peek().kind !== "name") throw cursor.fault(what);
      return cursor.next();
    },
    path(what) {
      const start = cursor.peek().at;
      let text = cursor.take(".") ? "." : "";
      let last = cursor.name(what);
      text += last.text;
      while (cursor.take(".")) {
        last = cursor.name(what);
        text += `.${last.text}`;
      }
      return { text, at: start, end: last.end };
    },
    integer(what) {
      const isNegative = cursor.take("-");
      const { kind, text } = cursor.peek();
      const value = /^0[0-7]+$/.test(text) ? Number.parseInt(text, 8) : Number(text);
      if (kind !== "number" || !Number.isInteger(value)) throw cursor.fault(what);
      cursor.next();
      return isNegative ? -value : value;
    },
    text(what) {
      if (cursor.peek().kind !== "text") throw cursor.fault(what);
      let text = "";
      while (cursor.peek().kind === "text") text += cursor.next().text;
      return text;
    },
    fault(expected) {
      const { kind, text, at } = cursor.peek();
      const found = kind === "end" ? "the end of the file" : kind === "text" ? "a text" : `'${text}'`;
      return new ProtoFault(`expected ${expected}, found ${found}`, at);
    },
  };
  return cursor;
}
