import { lowerCamel } from "../model/naming.ts";
import { rememberedName } from "../model/remembered.ts";
import { literal } from "../text/source.ts";

/*
 * Names between TypeScript and what is generated. What somebody wrote can be any string; what comes out is legal.
 */

const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*$/u;

/** Most are so, which is seen in a fraction of the time. */
const PLAIN_IDENTIFIER = /^[A-Za-z$_][A-Za-z0-9$_]*$/;

const RESERVED_WORDS = new Set(
  (
    "arguments async await break case catch class const continue debugger default delete do else enum eval export " +
    "extends false finally for function if implements import in instanceof interface let new null package private " +
    "protected public return static super switch this throw true try typeof undefined var void while with yield"
  ).split(" "),
);

function isIdentifier(name: string): boolean {
  return PLAIN_IDENTIFIER.test(name) || IDENTIFIER.test(name);
}

/** A name for a variable: the preferred one, made legal, and unlike any that is taken. Takes it. */
export function variable(preferred: string, taken: Set<string>): string {
  return unique(legalVariable(preferred), taken);
}

const legalVariable = rememberedName((preferred) => {
  const legal = isIdentifier(preferred) ? preferred : lowerCamel(preferred);
  const usable = RESERVED_WORDS.has(legal) || !isIdentifier(legal) ? `${legal}Value` : legal;
  return isIdentifier(usable) ? usable : `_${usable}`;
});

/** The candidate, with the least number behind it that makes it unlike any that is taken. Takes it. */
export function unique(candidate: string, taken: Set<string>, separator = ""): string {
  const { size } = taken;
  let name = candidate;
  taken.add(name);
  // One that was taken already adds nothing.
  for (let n = 2; taken.size === size; n++) {
    name = `${candidate}${separator}${n}`;
    taken.add(name);
  }
  return name;
}

/** A property as a type or an object literal declares it. */
export function propertyKey(name: string): string {
  // In an object literal only the computed form makes a property of it; in a type both mean the same.
  if (name === "__proto__") return '["__proto__"]';
  return isIdentifier(name) ? name : literal(name);
}

/** A property as one reads it: `event.id`, `event["a b"]`, `event[0]`. */
export function property(object: string, name: string): string {
  if (isIdentifier(name)) return `${object}.${name}`;
  return /^(0|[1-9]\d{0,8})$/.test(name) ? `${object}[${name}]` : `${object}[${literal(name)}]`;
}

/** A property as a violation's path names it: `id`, `["a b"]`. */
export function pathSegment(name: string): string {
  return isIdentifier(name) ? name : `[${JSON.stringify(name)}]`;
}

/** Whether every object has that property through its prototype, so that reading it does not say that it is there. */
export function isInherited(name: string): boolean {
  return name in Object.prototype;
}
