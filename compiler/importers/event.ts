import type { LockedUseCase } from "../lock/lock-file.ts";
import type { Place, Report, Source } from "./report.ts";
import type { Declaration } from "./shape.ts";

/** What was read of a contract. */
export interface ImportedEvent {
  /** The event's type. */
  readonly name: string;
  /** The event's own first. */
  readonly declarations: readonly Declaration[];
  /** The numbers that the contract gives its fields; absent where it has none. */
  readonly locked?: Numbers;
}

/** What the lock is to know of a contract before it is first built. */
export type Numbers = Pick<LockedUseCase, "event" | "messages" | "enums">;

/** What reading a contract may ask for. */
export interface Reading {
  readonly source: Source;
  /** The type that is the event, by its name in the contract; absent: the one that stands out. */
  readonly type: string | undefined;
  /** The name of an event that the contract gives none. */
  readonly fallbackName: string;
  readonly report: Report;
  /** Whether that field of that declaration is not wanted. */
  readonly isOmitted: (owner: string, field: string) => boolean;
  /** A file that the contract names; `undefined`: there is none. */
  readonly readImport: (path: string) => Source | undefined;
}

/** What to do about a field that has no form here. */
export function mendByOmitting(owner: string, field: string, otherwise: string): string {
  return `${otherwise} Or import without it: --omit ${quoted(`${owner}.${field}`)}.`;
}

/** Types that a message lists. */
const MAX_NAMES = 20;

/** What to do where the event could be any of these types. */
export function mendByChoosing(names: readonly string[]): string {
  const more = names.length - MAX_NAMES;
  return `Choose one with --type: ${names.slice(0, MAX_NAMES).join(", ")}${more > 0 ? `, or one of ${more} more` : ""}.`;
}

/** As a shell takes it. */
function quoted(text: string): string {
  return /^[\w.-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

export function wholeOf(source: Source): Place {
  return { source, at: 0, end: 0 };
}
