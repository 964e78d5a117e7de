import type { BatchSettings, RetryBudgetSettings, TargetSettings } from "../../runtime/contract/contract.ts";
import type { ReleaseSettings } from "../../runtime/contract/release-settings.ts";
import type { ScheduleSettings } from "../../runtime/contract/schedule.ts";
import { formatDuration } from "./duration.ts";
import { formatSize } from "./size.ts";

/** Where tasks are sent, as the runtime is told. */
export type Target = TargetSettings;

/** How many events a handler takes at once, as the runtime is told. */
export type Batch = BatchSettings;

/** What retries may take, as the runtime is told. */
export type RetryBudget = RetryBudgetSettings;

/** How a new release takes over, as the runtime is told. */
export type Release = ReleaseSettings;

/** When a use case enqueues an event by itself, as the runtime is told. */
export type Schedule = ScheduleSettings;

export interface Backoff {
  readonly minMs: number;
  readonly maxMs: number;
}

/** At most `count` tasks every `periodMs`. */
export interface Rate {
  readonly count: number;
  readonly periodMs: number;
}

/** What the type of a captured row says a column is read as. */
export type ColumnType = "text" | "number" | "bigint" | "boolean" | "date" | "bytes" | "json";

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  /** Whether it is a list of these. */
  readonly list: boolean;
  readonly nullable: boolean;
  /** Whether it may be absent: an update leaves a large value as it was, and does not tell it again. */
  readonly optional: boolean;
}

/** A table whose changes become events. */
export interface Changes {
  readonly source: string;
  readonly schema: string;
  readonly table: string;
  readonly snapshot: boolean;
  readonly columns: readonly Column[];
}

/** What kind of value a setting has, as plain data: how it is written, what range it has. */
export type Kind =
  | { readonly is: "choice"; readonly among: readonly string[] }
  | { readonly is: "integer"; readonly min: number; readonly max: number }
  /** Written as text, held in ms. */
  | { readonly is: "duration"; readonly min: string; readonly max: string }
  /** Written as text, held in bytes. */
  | { readonly is: "size"; readonly min: string; readonly max: string }
  /** The name of a required field of the event whose values can be a key. */
  | { readonly is: "key field" }
  /** A function of the event. What is held is that there is one. */
  | { readonly is: "filter" }
  | { readonly is: "rate" }
  | { readonly is: "backoff" }
  /** Several names, each once; held as one text, in the order of `among`. */
  | { readonly is: "choices"; readonly among: readonly string[] }
  /** Where tasks are sent. */
  | { readonly is: "target" }
  | { readonly is: "batch" }
  | { readonly is: "retry budget" }
  | { readonly is: "release" }
  /** By names of the use case's own choice, each with a function of the tick. */
  | { readonly is: "schedules" }
  /** A table whose changes become events. */
  | { readonly is: "changes" };

/** A kind whose values are of type T. */
export type KindOf<T> = Kind & { readonly "~value"?: T };

export function choice<const T extends string>(...among: T[]): KindOf<T> {
  return { is: "choice", among };
}

export function choices(...among: readonly string[]): KindOf<string> {
  return { is: "choices", among };
}

export function integer(min: number, max: number): KindOf<number> {
  return { is: "integer", min, max };
}

export function duration(min: string, max: string): KindOf<number> {
  return { is: "duration", min, max };
}

export function size(min: string, max: string): KindOf<number> {
  return { is: "size", min, max };
}

export const KEY_FIELD: KindOf<string> = { is: "key field" };
export const FILTER: KindOf<boolean> = { is: "filter" };
export const RATE: KindOf<Rate> = { is: "rate" };
export const BACKOFF: KindOf<Backoff> = { is: "backoff" };
export const TARGET: KindOf<Target> = { is: "target" };
export const BATCH: KindOf<Batch> = { is: "batch" };
export const RETRY_BUDGET: KindOf<RetryBudget> = { is: "retry budget" };
export const RELEASE: KindOf<Release> = { is: "release" };
export const SCHEDULES: KindOf<readonly Schedule[]> = { is: "schedules" };
export const CHANGES: KindOf<Changes> = { is: "changes" };

/** Values that a setting of this kind may have, as a reader is told. */
export function rangeText(kind: Kind): string {
  switch (kind.is) {
    case "choice":
      return kind.among.map((name) => `"${name}"`).join(", ");
    case "choices":
      return `a list of ${kind.among.map((name) => `"${name}"`).join(", ")}`;
    case "integer":
      return `an integer from ${kind.min} to ${kind.max}`;
    case "duration":
    case "size":
      return `a ${kind.is} from ${kind.min} to ${kind.max}`;
    case "key field":
      return "a required field of the event";
    case "filter":
      return "a pure function of the event";
    case "rate":
      return "`perSecond(n)`, `perMinute(n)` or `every(duration)`";
    case "backoff":
      return "`exponential(min, max)` or `constant(wait)`, up to 30d";
    case "target":
      return "`service(name, options)`, `awsLambda(name)` or `azureFunction(name)`";
    case "batch":
      return "`{ max, within }`: an integer from 2 to 10000, and a duration from 0s to 1h";
    case "retry budget":
      return "`{ percent, atLeast }`: an integer from 0 to 100, and a rate";
    case "release":
      return "`{ steps, guard }`: percents that rise to 100, and how much worse it may be";
    case "schedules":
      return "an object of schedules by name, each with `cron` or `every`, and `event`";
    case "changes":
      return "`{ source, table, event: (change: Change<Row>) => … }`";
  }
}

/** A value of this kind in words. */
export function valueText(kind: Kind, value: unknown): string {
  switch (kind.is) {
    case "duration":
      return formatDuration(value as number);
    case "size":
      return formatSize(value as number);
    case "rate":
      return rateText(value as Rate);
    case "backoff":
      return backoffText(value as Backoff);
    case "target":
      return targetText(value as Target);
    case "batch":
      return batchText(value as Batch);
    case "retry budget":
      return retryBudgetText(value as RetryBudget);
    case "release":
      return releaseText(value as Release);
    case "schedules":
      return (value as readonly Schedule[]).map((one) => `${one.name} ${scheduleText(one)}`).join(", ");
    case "changes":
      return changesText(value as Changes);
    case "filter":
      return value ? "some events" : "all events";
    default:
      return String(value);
  }
}

export function changesText({ source, schema, table }: Changes): string {
  return `${schema}.${table} of ${source}`;
}

export function rateText({ count, periodMs }: Rate): string {
  return `${count} every ${formatDuration(periodMs)}`;
}

export function batchText({ max, withinMs }: Batch): string {
  return `up to ${max} at once, within ${formatDuration(withinMs)}`;
}

export function retryBudgetText({ percent, atLeast }: RetryBudget): string {
  return `${percent} % of first tries, at least ${rateText(atLeast)}`;
}

export function releaseText({ steps, errorPoints, slowerPercent, stepMs }: Release): string {
  return (
    `${steps.map((percent) => `${percent} %`).join(", ")}, each while at most ${errorPoints} points more fail and tasks take at ` +
    `most ${slowerPercent} % longer, for up to ${formatDuration(stepMs)}`
  );
}

function backoffText({ minMs, maxMs }: Backoff): string {
  return `${formatDuration(minMs)} to ${formatDuration(maxMs)}`;
}

/** When it ticks, and what becomes of ticks that were missed. */
export function scheduleText({ cron, timeZone, everyMs, missed }: Schedule): string {
  const when = cron === undefined ? `every ${formatDuration(everyMs ?? 0)}` : `at ${cron} in ${timeZone}`;
  return missed === 1
    ? when
    : `${when} (${missed === 0 ? "missed ones skipped" : `the latest ${missed} missed ones too`})`;
}

const TARGET_KINDS = { service: "service", lambda: "AWS Lambda", azure: "Azure function app" };

export function targetText(target: Target): string {
  const path = target.kind === "lambda" ? "" : ` at ${target.path}`;
  return `${TARGET_KINDS[target.kind]} ${target.name}${path}, as ${target.format === "json" ? "JSON" : "protobuf"}`;
}

/** `Python` of `python`. */
export function languageNames(languages: string): string {
  return languages.replace(/\b[a-z]/g, (letter) => letter.toUpperCase());
}

export function processes(count: number): string {
  return `${count} process${count === 1 ? "" : "es"}`;
}
