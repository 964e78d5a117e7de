import { type Diagnostic, diagnostic } from "../diagnostics/diagnostics.ts";
import type { UseCase } from "../model/model.ts";
import { nameOf } from "../settings/path.ts";
import { ALL_SETTINGS, useCaseValue } from "../settings/values.ts";
import type { Check } from "./check.ts";

/** Settings that somebody wrote and that change nothing, since another switches off what they are about. */
export const checkEffects: Check = (useCases) =>
  useCases.flatMap((useCase) => [...checkNeeds(useCase), ...checkRetries(useCase), ...checkKeyLimit(useCase)]);

function checkNeeds(useCase: UseCase): Diagnostic[] {
  return ALL_SETTINGS.flatMap(([path, { needs }]) => {
    const span = useCase.spans[path];
    if (!span || needs === undefined || useCaseValue(needs, useCase) !== null) return [];
    const reason = `it says nothing without '${needs}'`;
    const fix = `Add \`${nameOf(needs)}\`, or remove \`${nameOf(path)}\`.`;
    return [diagnostic("setting-without-effect", span, { path, reason, fix })];
  });
}

/** A task has one key, by which it runs in order or is limited. */
function checkKeyLimit({ scheduler: { orderBy }, flowControl: { limitBy }, spans }: UseCase): Diagnostic[] {
  const path = "flowControl.maxInFlightPerKey.by";
  const span = spans[path];
  if (!span || orderBy === null || limitBy === null) return [];
  const reason = `tasks run one after another by 'scheduler.orderBy' (${orderBy}), and a task has one key`;
  const fix = "Remove `orderBy`, or `maxInFlightPerKey`.";
  return [diagnostic("setting-without-effect", span, { path, reason, fix })];
}

/** What says how retries are made, where there are none. */
function checkRetries({ subscribers, spans }: UseCase): Diagnostic[] {
  return subscribers.flatMap(({ name, maxRetries }) =>
    ["backoff", "budget"].flatMap((setting) => {
      const ofSubscriber = `subscribers.${name}.retry.${setting}`;
      const path = ofSubscriber in spans ? ofSubscriber : `delivery.retry.${setting}`;
      const span = spans[path];
      // The use case's own may be meant for its other subscribers.
      const own = path === ofSubscriber || subscribers.every((other) => other.maxRetries === 0);
      if (!span || maxRetries > 0 || !own) return [];
      const fix = `Raise \`retry.max\`, or remove \`${setting}\`.`;
      return [diagnostic("setting-without-effect", span, { path, reason: "'retry.max' is 0", fix })];
    }),
  );
}
