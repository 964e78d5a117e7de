import { diagnostic } from "../diagnostics/diagnostics.ts";
import type { Check } from "./check.ts";

/** Whether as many events may be in flight as a batch is to have. */
export const checkBatches: Check = (useCases) =>
  useCases.flatMap(({ flowControl: { maxInFlight, maxInFlightTotal }, subscribers, spans }) =>
    subscribers.flatMap(({ name, batch }) => {
      const span = spans[`subscribers.${name}.batch`] ?? spans["execution.batch"];
      const most = Math.min(maxInFlight, maxInFlightTotal ?? maxInFlight);
      if (!batch || !span || batch.max <= most) return [];
      const setting = most < maxInFlight ? "maxInFlightTotal" : "maxInFlight";
      const limit = spans[`flowControl.${setting}`];
      const parameters = { max: batch.max, setting, most, isDefault: limit === undefined };
      const related = limit ? [{ message: "So many are in flight at most.", span: limit }] : [];
      return [diagnostic("batch-above-in-flight", span, parameters, related)];
    }),
  );
