import { Fault } from "../../loader/fault.ts";
import { parseDuration } from "../../runtime/authoring/use-case.ts";
import type { LetterFilter, LetterPlace } from "../../runtime/runtime.ts";
import type { StoreOptions } from "../stores.ts";
import { decoderOf } from "./decode-letter.ts";

/** What all of the commands take. */
export interface LetterOptions extends StoreOptions {
  readonly id?: readonly string[];
  readonly signature?: string;
  readonly reason?: NonNullable<LetterFilter["reason"]>;
  readonly eventVersion?: string;
  readonly key?: string;
  readonly tenant?: string;
  readonly failedFrom?: string;
  readonly failedBefore?: string;
  readonly where?: readonly string[];
  readonly limit?: string;
}

export interface TakeOptions extends LetterOptions {
  readonly rate?: string;
  readonly all?: boolean;
  readonly dryRun?: boolean;
  readonly audit?: string;
}

export function hasFilter({
  id,
  signature,
  reason,
  eventVersion,
  key,
  tenant,
  failedFrom,
  failedBefore,
  where,
}: LetterOptions) {
  return [id, signature, reason, eventVersion, key, tenant, failedFrom, failedBefore, where].some(
    (option) => option !== undefined,
  );
}

export async function filterOf(root: string, place: LetterPlace, options: LetterOptions): Promise<LetterFilter> {
  const { id, signature, reason, key, tenant, where } = options;
  const conditions = where?.map(conditionOf);
  const decode = conditions && (await decoderOf(root, place));
  return {
    ids: id && new Set(id),
    ...{ signature, reason, key, tenant },
    version: positive("--event-version", options.eventVersion),
    failedFrom: timeOf("--failed-from", options.failedFrom),
    failedBefore: timeOf("--failed-before", options.failedBefore),
    matches:
      decode &&
      ((letter) => {
        const decoded = decode(letter);
        return "event" in decoded && conditions!.every((holds) => holds(decoded.event));
      }),
  };
}

/** `customer.id=42`: that a field, by its path, has that value, as JSON writes it or as text. */
function conditionOf(text: string): (event: unknown) => boolean {
  const [, path, wanted] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (path === undefined)
    throw new Fault("usage", `--where takes a field and its value: customer.id=42; found '${text}'.`);
  return (event) => {
    const found = path
      .split(".")
      .reduce<unknown>((value, name) => (Object(value) === value ? (value as never)[name] : undefined), event);
    return found !== undefined && (String(found) === wanted || JSON.stringify(found) === wanted);
  };
}

/** A time, or how long ago. In ms since the Unix epoch. */
function timeOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ago = parseDuration(text);
  const time = ago === undefined ? Date.parse(text) : Date.now() - ago;
  if (!Number.isNaN(time)) return time;
  throw new Fault("usage", `${option} takes a time like 2030-01-31T08:00:00Z, or how long ago: 2h; found '${text}'.`);
}

export function positive(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw new Fault("usage", `${option} takes a whole number from 1; found '${text}'.`);
}
