import { Fault } from "../../loader/fault.ts";
import type { UseCaseSettings } from "../../runtime/runtime.ts";

type Rate = NonNullable<UseCaseSettings["subscribers"][number]["rate"]>;

const PERIOD_MS = { s: 1_000, m: 60_000, h: 3_600_000 } as const;

/** `100`, `100/s`, `600/m` or `50/h`. */
export function parseRate(option: string, text: string): Rate {
  const [, count, unit = "s"] = /^(\d+(?:\.\d+)?)(?:\/(s|m|h))?$/.exec(text) ?? [];
  if (Number(count) > 0) return { count: Number(count), periodMs: PERIOD_MS[unit as keyof typeof PERIOD_MS] };
  throw new Fault("usage", `${option} takes a number above 0 and a unit: 100/s, 600/m or 50/h; found '${text}'.`);
}
