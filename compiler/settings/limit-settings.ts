import { integer, RETRY_BUDGET, retryBudgetText } from "./kind.ts";
import { ofSubscriber, ofUseCase } from "./of-each.ts";

/** What bounds tasks besides `maxInFlight` and `rate`: the last part of SETTINGS. */
export const LIMIT_SETTINGS = {
  "delivery.retry.budget": ofSubscriber({
    kind: RETRY_BUDGET,
    default: null,
    none: "no bound",
    key: "retryBudget",
    place: "subscriber",
    name: "retries that may fail, in a process",
    concerns: "capacity",
    column: { title: "Retries that may fail", cell: (budget) => (budget === null ? "all" : retryBudgetText(budget)) },
  }),
  "flowControl.maxInFlightTotal": ofUseCase({
    kind: integer(1, 1_000_000),
    default: null,
    none: "no bound",
    key: "maxInFlightTotal",
    place: "subscriber",
    name: "in flight over all workers",
    concerns: "capacity",
    does: (count) => (count === null ? "" : `at most ${count} in flight for a subscriber over all processes`),
    summary: (count) => `at most ${count} in flight`,
  }),
};
