import type { Release } from "../../settings/kind.ts";
import { reportSetting, type SettingReader } from "./reader.ts";
import { section } from "./section.ts";
import { describe, duration, integer } from "./values.ts";

const STEPS = "a list of whole percents that rise to 100";
const EXAMPLE = "steps: [1, 10, 50, 100]";
const HOUR_MS = 3_600_000;

const steps: SettingReader<readonly number[]> = (value, entry, path, scope) => {
  const found =
    value.kind === "list" ? value.items.map((item) => (item.kind === "primitive" ? item.value : undefined)) : [];
  const isRising = found.every(
    (percent, at) => Number.isInteger(percent) && Number(percent) > (at === 0 ? 0 : Number(found[at - 1])),
  );
  if (isRising && found.at(-1) === 100) return found as number[];
  const described =
    value.kind === "list" ? `the list [${found.map((one) => String(one ?? "…")).join(", ")}]` : describe(value);
  return reportSetting("wrong-setting", { path, expected: STEPS, found: described, example: EXAMPLE }, entry, scope);
};

const guard = section(
  { errors: integer(1, 50), slower: integer(10, 1_000), within: duration("1s", "30d") },
  { example: '{ errors: 1, slower: 25, within: "1h" }' },
);

const parts = section({ steps, guard }, { required: ["steps"], example: `{ ${EXAMPLE} }` });

/** Reads how a new release takes over. */
export const release: SettingReader<Release> = (value, entry, path, scope) => {
  const { steps: read, guard: allowed = {} } = parts(value, entry, path, scope) ?? {};
  if (!read) return undefined;
  const { errors = 1, slower = 25, within = HOUR_MS } = allowed;
  return { steps: read, errorPoints: errors, slowerPercent: slower, stepMs: within };
};
