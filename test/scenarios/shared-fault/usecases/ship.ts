import { useCase } from "fivefold";
import { type Address, DELIVERY } from "../shared.ts";

export default useCase<{ from: Address }>({ owner: "team-a", delivery: DELIVERY, handler: () => {} });
