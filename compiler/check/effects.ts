import { type Diagnostic, diagnostic } from "../diagnostics.ts";
import type { UseCase } from "../model/model.ts";
import type { Check } from "./check.ts";

/** Settings that somebody wrote and that change nothing, since another switches off what they are about. */
export const checkEffects: Check = (useCases) =>
  useCases.flatMap((useCase) => [...checkDedupe(useCase), ...checkBackoff(useCase)]);

function checkDedupe({ frontend, spans }: UseCase): Diagnostic[] {
  const span = spans["frontend.dedupeFor"];
  if (!span || frontend.dedupeBy !== null) return [];
  const reason = "without 'frontend.dedupeBy' no event is taken for a duplicate";
  const mend = "Add `dedupeBy` with the field that tells duplicates, or remove `dedupeFor`.";
  return [diagnostic("setting-without-effect", span, { path: "frontend.dedupeFor", reason, mend })];
}

function checkBackoff({ subscribers, spans }: UseCase): Diagnostic[] {
  return subscribers.flatMap(({ name, maxRetries }) => {
    const path =
      `subscribers.${name}.retry.backoff` in spans ? `subscribers.${name}.retry.backoff` : "delivery.retry.backoff";
    const span = spans[path];
    // The use case's own backoff may be meant for its other subscribers.
    const own = path.startsWith("subscribers.") || subscribers.every((other) => other.maxRetries === 0);
    if (!span || maxRetries > 0 || !own) return [];
    const mend = "Raise `retry.max`, or remove `backoff`.";
    return [diagnostic("setting-without-effect", span, { path, reason: "'retry.max' is 0", mend })];
  });
}
