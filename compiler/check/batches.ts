import { diagnostic } from "../diagnostics.ts";
import type { Check } from "./check.ts";

/** Whether as many events may be in flight as a batch is to have. */
export const checkBatches: Check = (useCases) =>
  useCases.flatMap(({ flowControl: { maxInFlight }, subscribers, spans }) =>
    subscribers.flatMap(({ name, batch }) => {
      const span = spans[`subscribers.${name}.batch`] ?? spans["execution.batch"];
      if (!batch || !span || batch.max <= maxInFlight) return [];
      const limit = spans["flowControl.maxInFlight"];
      const parameters = { max: batch.max, maxInFlight, isDefault: limit === undefined };
      const related = limit ? [{ message: "So many are in flight at most.", span: limit }] : [];
      return [diagnostic("batch-above-in-flight", span, parameters, related)];
    }),
  );
