import { type Diagnostic, diagnostic, type Span } from "../diagnostics/diagnostics.ts";
import type { Subscriber, UseCase } from "../model/model.ts";
import { formatDuration } from "../settings/duration.ts";
import type { Check } from "./check.ts";

export const checkRetries: Check = (useCases) =>
  useCases.flatMap((useCase) =>
    useCase.subscribers.flatMap((subscriber) => [
      ...checkBackoff(useCase, subscriber),
      ...checkDeadline(useCase, subscriber),
    ]),
  );

/** Where a subscriber's setting stands: at the subscriber, or in the use case's `delivery`. */
function spanOf({ spans }: UseCase, { name }: Subscriber, setting: string): Span | undefined {
  return spans[`subscribers.${name}.${setting}`] ?? spans[`delivery.${setting}`];
}

function checkBackoff(useCase: UseCase, subscriber: Subscriber): Diagnostic[] {
  const { minMs, maxMs } = subscriber.backoff;
  const span = spanOf(useCase, subscriber, "retry.backoff");
  if (!span || minMs <= maxMs) return [];
  return [diagnostic("backoff-reversed", span, { min: formatDuration(minMs), max: formatDuration(maxMs) })];
}

/** A deadline may well cut the default retries short; retries that somebody asks for are meant to happen. */
function checkDeadline(useCase: UseCase, subscriber: Subscriber): Diagnostic[] {
  const { deadlineMs, maxRetries: retries } = subscriber;
  const span = spanOf(useCase, subscriber, "retry.max");
  const deadlineSpan = spanOf(useCase, subscriber, "deadline");
  if (!span || !deadlineSpan) return [];
  const starts = meanStarts(subscriber);
  const last = starts.at(-1) ?? 0;
  if (last <= deadlineMs) return [];
  const fit = starts.filter((startMs) => startMs <= deadlineMs).length;
  const parameters = { retries, waits: roughly(last), deadline: formatDuration(deadlineMs), fit };
  return [
    diagnostic("retries-beyond-deadline", span, parameters, [{ message: "The deadline is here.", span: deadlineSpan }]),
  ];
}

/**
 * When each retry starts on average, in ms after the first try, if tries take no time. Full jitter waits half of each
 * bound on average; the bound doubles from the backoff's shortest wait to its longest.
 */
function meanStarts({ maxRetries, backoff: { minMs, maxMs } }: Subscriber): number[] {
  const starts: number[] = [];
  let startMs = 0;
  for (let retry = 0; retry < maxRetries; retry++) {
    startMs += Math.min(maxMs, minMs * 2 ** retry) / 2;
    starts.push(startMs);
  }
  return starts;
}

/** A sum of halves as a person would say it: in a unit that leaves it below some hundreds, with one decimal. */
function roughly(ms: number): string {
  const unitMs = [86_400_000, 3_600_000, 60_000, 1_000].find((size) => ms >= 2 * size) ?? 1;
  return formatDuration((Math.ceil((ms * 10) / unitMs) * unitMs) / 10);
}
