import { exponential, type Int, type Text, useCase } from "fivefold";
import { post } from "../src/ledger.ts";

/** An account is charged, or credited where the amount is negative. */
export interface ChargeMade {
  chargeId: Text<{ maxLength: 64 }>;
  account: Text<{ pattern: "^[A-Z]{2}[0-9]{4}$" }>;
  cents: Int<{ min: -10_000_000; max: 10_000_000 }>;
}

export default useCase<ChargeMade>({
  owner: "team-billing",
  frontend: { dedupeBy: "chargeId", dedupeFor: "7d" },
  scheduler: { orderBy: "account" },
  delivery: { retry: { max: 10, backoff: exponential("1s", "5m") } },
  handler: ({ account, chargeId, cents }) => post(account, chargeId, cents),
});
