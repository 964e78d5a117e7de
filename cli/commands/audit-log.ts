import { appendFileSync, closeSync, fsyncSync, mkdirSync, openSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { dirname, join, resolve } from "node:path";
import { Fault } from "../../loader/fault.ts";

/** What operators did, a JSON line each, in a file that only grows. */
export interface AuditLog {
  /** Returns once the lines are on the disk: each with the time, and who it was. Throws where they can't be. */
  write(entries: readonly object[]): void;
  close(): void;
}

/** Where the log of a project is: as `--audit` says, or in its `.fivefold`. */
export function auditFileOf(root: string, named: string | undefined): string {
  return named ?? join(root, ".fivefold", "audit.jsonl");
}

/** Writes down what somebody is about to do. Throws where that can't be done: then nothing may be. */
export function writeDown(file: string, entries: readonly object[], by?: string): void {
  const log = openAuditLog(file, by);
  try {
    log.write(entries);
  } finally {
    log.close();
  }
}

/** `by`: who acts, where that is somebody else than who started this process. */
export function openAuditLog(file: string, by = operatorName()): AuditLog {
  const path = resolve(file);
  const failed = (cause: unknown) =>
    new Fault(
      "environment",
      `The audit log ${path} can't be written: ${(cause as Error).message}. Name another one with --audit <file>.`,
      { cause },
    );
  let descriptor: number;
  try {
    mkdirSync(dirname(path), { recursive: true });
    descriptor = openSync(path, "a");
  } catch (cause) {
    throw failed(cause);
  }
  return {
    write(entries) {
      const at = new Date().toISOString();
      try {
        appendFileSync(descriptor, entries.map((entry) => `${JSON.stringify({ at, by, ...entry })}\n`).join(""));
        fsyncSync(descriptor);
      } catch (cause) {
        throw failed(cause);
      }
    },
    close: () => closeSync(descriptor),
  };
}

/** Who gives this command: `ada@ops-1`. */
export function operatorName(): string {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch {
    // A user that the system does not know has only a number.
    return `uid ${process.getuid?.() ?? "unknown"}@${hostname()}`;
  }
}
