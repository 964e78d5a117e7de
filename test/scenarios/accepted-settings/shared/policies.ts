import { exponential } from "fivefold";

export const TEAM = "team-files";
export const PATIENT = { max: 2 * 5, backoff: exponential("1s", "15m") } as const;
export enum Limit {
  InFlight = 16,
}
