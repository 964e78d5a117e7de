import { type Diagnostic, uniqueDiagnostics } from "../diagnostics/diagnostics.ts";
import type { UseCase } from "../model/model.ts";
import { remembered } from "../model/remembered.ts";
import { checkBatches } from "./batches.ts";
import type { Check } from "./check.ts";
import { checkDeadLetterTopics } from "./dead-letter-topics.ts";
import { checkEffects } from "./effects.ts";
import { checkFieldNames } from "./field-names.ts";
import { checkLoops } from "./loops.ts";
import { checkSubscriberNames, checkUseCaseNames } from "./names.ts";
import { checkPayloads } from "./payload.ts";
import { checkRetries } from "./retries.ts";
import { checkScaling } from "./scaling.ts";
import { checkUniqueness } from "./uniqueness.ts";

/** What they find in a use case follows from it alone. */
const OF_EACH: readonly Check[] = [
  checkUseCaseNames,
  checkSubscriberNames,
  checkFieldNames,
  checkRetries,
  checkScaling,
  checkBatches,
  checkEffects,
  checkPayloads,
];

const OF_ALL: readonly Check[] = [checkUniqueness, checkLoops, checkDeadLetterTopics];

const checkEach = remembered((useCase) => OF_EACH.flatMap((check) => check([useCase])));

/** All that is wrong with use cases that could be read. */
export function runChecks(useCases: readonly UseCase[]): Diagnostic[] {
  return uniqueDiagnostics([...OF_ALL.flatMap((check) => check(useCases)), ...useCases.flatMap(checkEach)]);
}
