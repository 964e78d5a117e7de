import { RETRY_BUDGET, retryBudgetText } from "./kind.ts";
import { ofSubscriber } from "./of-each.ts";

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
};
