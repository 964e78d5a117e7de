import type { Batch, Kind, RetryBudget } from "../../settings/kind.ts";
import { changes } from "./changes.ts";
import { filterFunction } from "./filter.ts";
import type { SettingReader } from "./reader.ts";
import { release } from "./release.ts";
import { schedules } from "./schedules.ts";
import { section } from "./section.ts";
import { target } from "./target.ts";
import { duration, integer, keyField, milliseconds, oneOf, positive, size, someOf } from "./values.ts";

const wait = milliseconds("0ms", "30d");

const backoff = section(
  { minMs: wait, maxMs: wait },
  { required: ["minMs", "maxMs"], example: 'exponential("1s", "15m")' },
);

const rate = section(
  { count: positive, periodMs: milliseconds("1ms", "1d") },
  { required: ["count", "periodMs"], example: "perSecond(500)" },
);

const batchParts = section(
  { max: integer(2, 10_000), within: duration("0s", "1h") },
  { required: ["max", "within"], example: '{ max: 100, within: "200ms" }' },
);

const batch: SettingReader<Batch> = (value, entry, path, scope) => {
  const { max, within } = batchParts(value, entry, path, scope) ?? {};
  return max === undefined || within === undefined ? undefined : { max, withinMs: within };
};

const retryBudgetParts = section(
  { percent: integer(0, 100), atLeast: rate },
  { required: ["percent", "atLeast"], example: "{ percent: 20, atLeast: perSecond(10) }" },
);

const retryBudget: SettingReader<RetryBudget> = (value, entry, path, scope) => {
  const { percent, atLeast } = retryBudgetParts(value, entry, path, scope) ?? {};
  const { count, periodMs } = atLeast ?? {};
  if (percent === undefined || count === undefined || periodMs === undefined) return undefined;
  return { percent, atLeast: { count, periodMs } };
};

/** What reads the values of a kind of settings. */
export function readerOf(kind: Kind): SettingReader<unknown> {
  switch (kind.is) {
    case "choice":
      return oneOf(...kind.among);
    case "choices":
      return someOf(...kind.among);
    case "integer":
      return integer(kind.min, kind.max);
    case "duration":
      return duration(kind.min, kind.max);
    case "size":
      return size(kind.min, kind.max);
    case "key field":
      return keyField;
    case "filter":
      return filterFunction;
    case "rate":
      return rate;
    case "backoff":
      return backoff;
    case "target":
      return target;
    case "batch":
      return batch;
    case "retry budget":
      return retryBudget;
    case "release":
      return release;
    case "schedules":
      return schedules;
    case "changes":
      return changes;
  }
}
