import { useCase } from "fivefold";
import type { First } from "./first.ts";
import { B } from "../b.ts";

export interface Second {
  first?: First;
}

export default useCase<Second>({ owner: "team-a", flowControl: { maxInFlight: B }, handler: () => {} });
