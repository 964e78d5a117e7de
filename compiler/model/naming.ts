import { rememberedName } from "./remembered.ts";

/*
 * How names of TypeScript become names of contracts. Pure, and for reading, checks and emitters alike, so that what a
 * check calls a collision is one in what is emitted.
 */

/**
 * The words of a name: at case changes, digits stay with the letters before them, a sign before a number is one, all
 * else separates. ASCII.
 */
export const words = rememberedName((name): readonly string[] => (ONE_WORD.test(name) ? [name] : split(name)));

const ONE_WORD = /^[A-Za-z0-9][a-z0-9]*$/;

function split(name: string): string[] {
  return asciiLetters(name)
    .replace(SIGN, signWord)
    .split(BETWEEN_WORDS)
    .filter((word) => word !== "");
}

const BETWEEN_WORDS = /[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/;

/** `fileUploaded`, `file-uploaded`, `file uploaded` → `FileUploaded`. Begins with a letter, also where the name does not. */
export const upperCamel = rememberedName((name) => {
  const joined = words(name)
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join("");
  return /^[A-Za-z]/.test(joined) ? joined : `T${joined}`;
});

/** As `upperCamel`, in TypeScript's own letters: `Größe` stays what it is. */
export function typeName(name: string): string {
  if (/^[A-Za-z][A-Za-z0-9]*$/.test(name)) return name[0]!.toUpperCase() + name.slice(1);
  const joined = IS_ASCII.test(name) ? joinedAscii(name) : joinedLetters(name);
  return /^[A-Za-z]/.test(joined) || /^\p{ID_Start}/u.test(joined) ? joined : `T${joined}`;
}

/** What `joinedLetters` comes to, in a third of the time. */
function joinedAscii(name: string): string {
  return name
    .replace(SIGN, signWord)
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join("");
}

function joinedLetters(name: string): string {
  return name
    .normalize("NFC")
    .replace(SIGN, signWord)
    .replace(/[^\p{ID_Continue}\p{ASCII}]/gu, codePoint)
    .split(/[^\p{ID_Continue}]+|_+/u)
    .map((word) => word.replace(/^./u, (letter) => letter.toUpperCase()))
    .join("");
}

/** `file-uploaded` → `fileUploaded`. */
export function lowerCamel(name: string): string {
  const upper = upperCamel(name);
  return upper.slice(0, 1).toLowerCase() + upper.slice(1);
}

/** `sizeBytes` → `size_bytes`, `URLPath` → `url_path`: as protobuf's style guide names fields. */
export function snakeCase(name: string): string {
  return words(name).join("_").toLowerCase();
}

/** `FileUploaded`, `file_uploaded` → `file-uploaded`. */
export function kebabCase(name: string): string {
  return words(name).join("-").toLowerCase();
}

const IS_ASCII = /^\p{ASCII}*$/u;

/** Accents go, and what has no letter in ASCII becomes its code point, so that different names stay different. */
function asciiLetters(name: string): string {
  if (IS_ASCII.test(name)) return name;
  return name
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replace(/[^\p{ASCII}]/gu, codePoint);
}

function codePoint(letter: string): string {
  return ` u${letter.codePointAt(0)?.toString(16)} `;
}

/** In front of a number. */
const SIGN = /^[+-](?=\.?\d)/;

function signWord(sign: string): string {
  return sign === "+" ? "plus " : "minus ";
}
