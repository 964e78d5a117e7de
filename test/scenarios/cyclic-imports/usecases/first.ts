import { useCase } from "fivefold";
import type { Second } from "./second.ts";
import { A } from "../a.ts";

export interface First {
  second?: Second;
}

export default useCase<First>({ owner: "team-a", flowControl: { maxInFlight: A }, handler: () => {} });
