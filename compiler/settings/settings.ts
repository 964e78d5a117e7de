import { formatDuration } from "./duration.ts";
import {
  BACKOFF,
  BATCH,
  batchText,
  CHANGES,
  changesText,
  choice,
  choices,
  duration,
  FILTER,
  integer,
  KEY_FIELD,
  RATE,
  rateText,
  SCHEDULES,
  scheduleText,
  size,
  TARGET,
  targetText,
} from "./kind.ts";
import { ofSubscriber, ofUseCase } from "./of-each.ts";
import type { SettingPath } from "./path.ts";
import { DEFAULT_MAX_PAYLOAD_BYTES } from "./size.ts";

const SECOND_MS = 1_000;
const DAY_MS = 86_400 * SECOND_MS;

/**
 * The settings of the five layers, by the paths at which use cases write them. What reads, emits, shows and compares them
 * follows from here. runtime/use-case.ts declares them to use cases, each with the sentence that says what it is for; where
 * the two differ, this fails to compile. The manifest's values have this order.
 */
export const SETTINGS = {
  "flowControl.priority": ofUseCase({
    kind: choice("high", "normal", "low"),
    default: "normal",
    key: "priority",
    place: "settings",
    name: "priority",
    concerns: "behaviour",
    does: (priority) => `${priority} priority`,
    summary: (priority) => `${priority} priority`,
  }),
  "frontend.dedupeBy": ofUseCase({
    kind: KEY_FIELD,
    default: null,
    none: "nothing",
    key: "dedupeBy",
    place: "keys",
    name: "deduplicated by",
    concerns: "behaviour",
    does: (field, mark) =>
      field === null ? "repeats are not recognised" : `one of the same ${mark(field)} is a duplicate`,
    summary: (field, mark) => `deduplicated by ${mark(field)}`,
    rollout: ({ was, is }) => ({
      phase: "senders",
      text: "Expect that an event which was sent before and is sent again counts as new.",
      reason: `What was seen is remembered by ${was}, and from then on by ${is}.`,
    }),
  }),
  "frontend.dedupeFor": ofUseCase({
    kind: duration("1s", "365d"),
    default: DAY_MS,
    key: "dedupeForMs",
    place: "settings",
    needs: "frontend.dedupeBy",
    name: "remembered for",
    concerns: "behaviour",
    does: (ms) => `what was accepted is remembered for ${formatDuration(ms)}`,
    enforcedBy: "senders",
  }),
  "scheduler.orderBy": ofUseCase({
    kind: KEY_FIELD,
    default: null,
    none: "nothing",
    key: "orderBy",
    place: "keys",
    name: "ordered by",
    concerns: "behaviour",
    does: (field, mark) =>
      field === null ? "no order is kept" : `those of the same ${mark(field)} are handled in order`,
    summary: (field, mark) => `in order by ${mark(field)}`,
    rollout: ({ was, is, emptied }) =>
      is === "nothing"
        ? undefined
        : {
            phase: "drain",
            text: `Count on the order by ${is} once ${emptied}.`,
            reason: `Records that are there already have ${was === "nothing" ? "no key" : `the key of ${was}`}.`,
          },
  }),
  "scheduler.maxDelay": ofUseCase({
    kind: duration("0s", "365d"),
    default: 30 * DAY_MS,
    key: "maxDelayMs",
    place: "settings",
    name: "longest delay",
    concerns: "behaviour",
    does: (ms) => `delays up to ${formatDuration(ms)}`,
    enforcedBy: "senders",
  }),
  "frontend.maxPayload": ofUseCase({
    kind: size("1KiB", "3.5MiB"),
    default: DEFAULT_MAX_PAYLOAD_BYTES,
    key: "maxPayloadBytes",
    place: "settings",
    name: "largest event",
    concerns: "behaviour",
    does: (bytes) => `refuses more than ${bytes} bytes encoded`,
    effect: (was, is) =>
      is < was
        ? "larger events that wait are still handled; enqueues of them are refused: send a reference to what is large"
        : "",
    enforcedBy: "senders",
  }),
  "delivery.retry.max": ofSubscriber({
    kind: integer(0, 1_000),
    default: 8,
    key: "maxRetries",
    place: "subscriber",
    name: "retries",
    concerns: "behaviour",
    column: { title: "Tries", cell: (max) => String(max + 1) },
  }),
  "delivery.retry.backoff": ofSubscriber({
    kind: BACKOFF,
    default: { minMs: SECOND_MS, maxMs: 900 * SECOND_MS },
    key: "backoff",
    place: "subscriber",
    name: "backoff",
    concerns: "behaviour",
    column: {
      title: "Between tries",
      cell: ({ minMs, maxMs }) =>
        minMs === maxMs
          ? `up to ${formatDuration(maxMs)}`
          : `${formatDuration(minMs)}, doubling up to ${formatDuration(maxMs)}`,
    },
  }),
  "delivery.deadline": ofSubscriber({
    kind: duration("1ms", "365d"),
    default: 0,
    none: "none",
    key: "deadlineMs",
    place: "subscriber",
    name: "deadline",
    concerns: "behaviour",
    column: { title: "Deadline", cell: (ms) => (ms === 0 ? "none" : formatDuration(ms)) },
  }),
  "execution.timeout": ofSubscriber({
    kind: duration("1ms", "1d"),
    default: 30 * SECOND_MS,
    key: "timeoutMs",
    place: "subscriber",
    name: "timeout",
    concerns: "capacity",
    column: { title: "Time for a try", cell: formatDuration },
  }),
  "flowControl.maxInFlight": ofUseCase({
    kind: integer(1, 100_000),
    default: 64,
    key: "maxInFlight",
    place: "subscriber",
    name: "in flight per worker",
    concerns: "capacity",
    does: (count) => `at most ${count} in flight for a subscriber in a process`,
  }),
  "flowControl.rate": ofUseCase({
    kind: RATE,
    default: null,
    none: "no bound",
    key: "rate",
    place: "subscriber",
    name: "rate",
    concerns: "capacity",
    does: (rate) => (rate === null ? "" : `at most ${rateText(rate)}`),
    summary: (rate) => `at most ${rateText(rate)}`,
  }),
  "flowControl.fairBy": ofUseCase({
    kind: KEY_FIELD,
    default: null,
    none: "nothing",
    key: "fairBy",
    place: "keys",
    name: "shared out by",
    concerns: "behaviour",
    does: (field, mark) => (field === null ? "" : `turns are shared between values of ${mark(field)}`),
    summary: (field, mark) => `fair by ${mark(field)}`,
    rollout: ({ was, is }) => ({
      phase: "senders",
      text: `Expect turns by ${is} once what is there already is handled.`,
      reason: `Records that are there already are shared out by ${was}.`,
    }),
  }),
  "delivery.filter": ofSubscriber({
    kind: FILTER,
    default: false,
    key: "hasFilter",
    place: "subscriber",
    name: "filter",
    concerns: "behaviour",
    column: { title: "Receives", cell: (hasFilter) => (hasFilter ? "what its filter lets pass" : "every event") },
  }),
  "delivery.target": ofSubscriber({
    kind: TARGET,
    default: null,
    none: "its handler",
    key: "target",
    place: "subscriber",
    name: "handled by",
    concerns: "behaviour",
    column: { title: "Handled by", cell: (target) => (target === null ? "its handler" : targetText(target)) },
    effect: (was, is) =>
      is === null || (was?.kind === is.kind && was.name === is.name)
        ? ""
        : `${is.name} must take its tasks before the workers are deployed`,
  }),
  "execution.batch": ofSubscriber({
    kind: BATCH,
    default: null,
    none: "one at a time",
    key: "batch",
    place: "subscriber",
    name: "events at once",
    concerns: "behaviour",
    column: { title: "Events at once", cell: (batch) => (batch === null ? "1" : batchText(batch)) },
  }),
  "execution.scale.min": ofUseCase({
    kind: integer(0, 1_000),
    default: null,
    none: "as the stack's config says",
    key: "minProcesses",
    place: "execution",
    name: "fewest processes",
    concerns: "capacity",
    does: (count) => (count === null ? "" : `at least ${count} processes where it is deployed`),
    summary: (count) => `at least ${processes(count)}`,
  }),
  "execution.scale.max": ofUseCase({
    kind: integer(1, 1_000),
    default: null,
    none: "as the stack's config says",
    key: "maxProcesses",
    place: "execution",
    name: "most processes",
    concerns: "capacity",
    does: (count) => (count === null ? "" : `at most ${count} processes where it is deployed`),
    summary: (count) => `at most ${processes(count)}`,
  }),
  "execution.latencyObjective": ofUseCase({
    kind: duration("100ms", "30d"),
    default: 0,
    none: "none",
    key: "latencyObjectiveMs",
    place: "execution",
    name: "latency objective",
    concerns: "capacity",
    does: (ms) => (ms === 0 ? "" : `99 of 100 tasks are to be done within ${formatDuration(ms)}`),
    summary: (ms) => `done within ${formatDuration(ms)}`,
  }),
  "frontend.clients": ofUseCase({
    kind: choices("python"),
    default: null,
    none: "none",
    key: "clients",
    place: "files",
    name: "clients for other languages",
    concerns: "behaviour",
    does: (languages) => (languages === null ? "" : `clients of the gateway for ${languageNames(languages)}`),
    summary: (languages) => `clients for ${languageNames(languages)}`,
  }),
  "scheduler.schedules": ofUseCase({
    kind: SCHEDULES,
    default: null,
    none: "none",
    key: "schedules",
    place: "settings",
    name: "schedules",
    concerns: "behaviour",
    does: (schedules, mark) =>
      (schedules ?? []).map((one) => `enqueues one itself ${scheduleText(one)}, as ${mark(one.name)}`).join("; "),
    summary: (schedules, mark) => `scheduled as ${schedules.map(({ name }) => mark(name)).join(", ")}`,
  }),
  "frontend.changes": ofUseCase({
    kind: CHANGES,
    default: null,
    none: "none",
    key: "changes",
    place: "files",
    name: "changes of",
    concerns: "behaviour",
    does: (changes) => (changes === null ? "" : `takes the changes of ${changesText(changes)}`),
    summary: (changes) => `from ${changesText(changes)}`,
  }),
} satisfies Record<SettingPath, unknown>;

function languageNames(languages: string): string {
  return languages.replace(/\b[a-z]/g, (letter) => letter.toUpperCase());
}

function processes(count: number): string {
  return `${count} process${count === 1 ? "" : "es"}`;
}
