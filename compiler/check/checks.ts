import { type Diagnostic, uniqueDiagnostics } from "../diagnostics.ts";
import type { UseCase } from "../model/model.ts";
import type { Check } from "./check.ts";
import { checkDeadLetterTopics } from "./dead-letter-topics.ts";
import { checkEffects } from "./effects.ts";
import { checkFieldNames } from "./field-names.ts";
import { checkPayloads } from "./payload.ts";
import { checkRetries } from "./retries.ts";
import { checkScaling } from "./scaling.ts";
import { checkSubscriberNames } from "./subscriber-names.ts";
import { checkUniqueness } from "./uniqueness.ts";
import { checkUseCaseNames } from "./use-case-names.ts";

const CHECKS: readonly Check[] = [
  checkUseCaseNames,
  checkUniqueness,
  checkSubscriberNames,
  checkDeadLetterTopics,
  checkFieldNames,
  checkRetries,
  checkScaling,
  checkEffects,
  checkPayloads,
];

/** All that is wrong with use cases that could be read. */
export function runChecks(useCases: readonly UseCase[]): Diagnostic[] {
  return uniqueDiagnostics(CHECKS.flatMap((check) => check(useCases)));
}
