import { type Lock, type LockedUseCase, readLock } from "./lock-file.ts";

/** Texts of use cases that were read before. */
export type LockParts = Map<string, LockedUseCase>;

/**
 * Reads one of many locks, as a history has them: use cases whose text was read before are not read again. `undefined`:
 * the text is no lock.
 */
export function readLockParts(text: string, known: LockParts): Lock | undefined {
  try {
    const lines = text.replaceAll("\r\n", "\n");
    const found = [...lines.matchAll(USE_CASE)];
    // As it is written; whatever else somebody made of it is read as a whole.
    const isWritten = `${HEAD}${found.map(([part]) => part).join("\n")}${TAIL}` === lines;
    if (!isWritten) return readLock(text);
    return new Map(
      found.map(([, part = ""]) => {
        const name = JSON.parse(/^ *("(?:[^"\\]|\\.)*")/.exec(part)?.[1] ?? "") as string;
        const useCase = known.get(part) ?? readLock(`${HEAD}${part}${TAIL}`).get(name)!;
        known.set(part, useCase);
        return [name, useCase] as const;
      }),
    );
  } catch {
    return undefined;
  }
}

const HEAD = '{\n  "lockVersion": 1,\n  "useCases": {\n';
const TAIL = "\n  }\n}\n";
const USE_CASE = /^( {4}"(?:[^"\\\n]|\\.)*": \{\n[\s\S]*?^ {4}\}),?$/gm;
